/** A private file system in memory, with room for so many bytes, as pages and workers see it. */

interface DiskFile {
  bytes: Uint8Array<ArrayBuffer>;
  modifiedMs: number;
  /** Another tab writes it. */
  locked: boolean;
}

const notFound = (): DOMException => new DOMException('It is not there.', 'NotFoundError');

export class DiskFolder {
  readonly kind = 'directory';
  readonly folders = new Map<string, DiskFolder>();
  readonly files = new Map<string, DiskFile>();
  readonly name: string;
  readonly disk: Disk;
  constructor(disk: Disk, name: string) {
    this.disk = disk;
    this.name = name;
  }

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<DiskFolder> {
    const found = this.folders.get(name) ?? (create ? new DiskFolder(this.disk, name) : null);
    if (!found) throw notFound();
    this.folders.set(name, found);
    return found;
  }

  async getFileHandle(name: string, { create = false } = {}) {
    if (!this.files.has(name) && !create) throw notFound();
    if (!this.files.has(name)) this.put(name, new Uint8Array(0));
    return this.handle(name);
  }

  async removeEntry(name: string, { recursive = false } = {}): Promise<void> {
    const folder = this.folders.get(name);
    if (!folder && !this.files.has(name)) throw notFound();
    if (folder && !recursive && folder.files.size > 0) throw new DOMException('Not empty.', 'InvalidModificationError');
    const inside = folder ? [...folder.files.values()] : [this.files.get(name)!];
    if (inside.some(({ locked }) => locked)) throw new DOMException('In use.', 'NoModificationAllowedError');
    this.folders.delete(name);
    this.files.delete(name);
  }

  async *entries() {
    for (const [name, folder] of [...this.folders]) yield [name, folder] as const;
    for (const name of [...this.files.keys()]) yield [name, this.handle(name)] as const;
  }
  async *keys() {
    for await (const [name] of this.entries()) yield name;
  }
  async *values() {
    for await (const [, handle] of this.entries()) yield handle;
  }

  put(name: string, bytes: Uint8Array<ArrayBuffer>, modifiedMs = Date.now()): void {
    this.files.set(name, { bytes, modifiedMs, locked: false });
  }

  private handle(name: string) {
    return {
      kind: 'file',
      name,
      getFile: async () => {
        const file = this.files.get(name);
        if (!file) throw notFound();
        return new File([file.bytes], name, { lastModified: file.modifiedMs });
      },
      createSyncAccessHandle: async () => this.access(name),
    };
  }

  private access(name: string) {
    const file = this.files.get(name)!;
    if (file.locked) throw new DOMException('In use.', 'NoModificationAllowedError');
    file.locked = true;
    const resize = (size: number): void => {
      const next = new Uint8Array(size);
      next.set(file.bytes.subarray(0, size));
      file.bytes = next;
    };
    return {
      truncate: resize,
      write: (data: Uint8Array, { at }: { at: number }): number => {
        if (this.disk.usedBytes() + Math.max(0, at + data.length - file.bytes.length) > this.disk.roomBytes) return 0;
        if (at + data.length > file.bytes.length) resize(at + data.length);
        file.bytes.set(data, at);
        file.modifiedMs = Date.now();
        return data.length;
      },
      flush: () => undefined,
      close: () => void (file.locked = false),
    };
  }
}

export class Disk {
  readonly root: DiskFolder = new DiskFolder(this, '');
  roomBytes: number;
  /** What the browser says of it, where that is not the truth. */
  saidQuota: number | null = null;
  constructor(roomBytes = 1e9) {
    this.roomBytes = roomBytes;
  }

  usedBytes(folder: DiskFolder = this.root): number {
    const inside = [...folder.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    return [...folder.folders.values()].reduce((sum, each) => sum + this.usedBytes(each), inside);
  }

  /** The folder of a project, made when it is not there. */
  async project(id: string): Promise<DiskFolder> {
    return (await this.root.getDirectoryHandle('projects', { create: true })).getDirectoryHandle(id, { create: true });
  }

  /** What `navigator` is with this disk. */
  navigator() {
    return {
      storage: {
        getDirectory: async () => this.root,
        estimate: async () => ({ quota: this.saidQuota ?? this.roomBytes, usage: this.usedBytes() }),
        persisted: async () => false,
        persist: async () => true,
      },
    };
  }
}
