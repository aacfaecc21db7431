/** Addresses for pictures in memory or in files. Invariant: a picture has one address for the life of the room, and none after dispose(). */
export interface PictureUrls {
  /** Gives a picture an address at once. */
  put(key: string, picture: Blob): void;
  /** The address under a key; `find` is asked for the picture when there is none yet. */
  of(key: string, find: () => Promise<Blob | null>): Promise<string | null>;
  dispose(): void;
}

export function createPictureUrls(): PictureUrls {
  const urls = new Map<string, string>();
  const put = (key: string, picture: Blob): void => {
    if (!urls.has(key)) urls.set(key, URL.createObjectURL(picture));
  };
  return {
    put,
    async of(key, find) {
      const picture = urls.has(key) ? null : await find();
      if (picture) put(key, picture);
      return urls.get(key) ?? null;
    },
    dispose() {
      for (const url of urls.values()) URL.revokeObjectURL(url);
      urls.clear();
    },
  };
}
