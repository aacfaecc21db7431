/**
 * HTML that shows a scene on somebody else's page: the iframe, and the answer that oEmbed consumers ask for.
 * Invariant: whatever the texts hold, they stay inside their attribute.
 */

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for an attribute in quotes or between tags. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]);

export interface Frame {
  /** Absolute address of embed.html with its query. */
  url: string;
  /** What is in the frame, for people who do not see it. */
  title: string;
  /** CSS pixels. */
  width: number;
  height: number;
}

/**
 * An iframe that asks for no more than the viewer uses: scripts, and the features a page has to hand on to a frame. Without
 * allow-same-origin the frame cannot touch the storage or the pages of the site it comes from.
 */
export function iframeHtml({ url, title, width, height }: Frame): string {
  const attributes = [
    `src="${escapeHtml(url)}"`,
    `title="${escapeHtml(title)}"`,
    `width="${width}"`,
    `height="${height}"`,
    'loading="lazy"',
    'sandbox="allow-scripts"',
    'allow="fullscreen; xr-spatial-tracking; gyroscope; accelerometer"',
  ];
  return `<iframe ${attributes.join(' ')}></iframe>`;
}

export interface OEmbedQuestion extends Frame {
  /** The consumer's limits in CSS pixels; absent for none. */
  maxwidth?: number;
  maxheight?: number;
  thumbnail?: { url: string; width: number; height: number };
  /** Name and address of the site that answers. */
  provider?: { name: string; url: string };
  author?: { name: string; url?: string };
}

/** Field names are those of the specification. */
export interface OEmbedAnswer {
  version: '1.0';
  type: 'rich';
  title: string;
  html: string;
  width: number;
  height: number;
  thumbnail_url?: string;
  thumbnail_width?: number;
  thumbnail_height?: number;
  provider_name?: string;
  provider_url?: string;
  author_name?: string;
  author_url?: string;
}

const usable = (limit: number | undefined) => (limit !== undefined && Number.isFinite(limit) && limit >= 1 ? Math.floor(limit) : Infinity);

/** Scales a size down to fit both limits; never up, its shape kept, at least one pixel. */
function fitted(width: number, height: number, mostWidth: number, mostHeight: number): { width: number; height: number } {
  const scale = Math.min(1, mostWidth / width, mostHeight / height);
  const along = (length: number) => Math.max(1, Math.floor(length * scale + 1e-9));
  return { width: along(width), height: along(height) };
}

/**
 * The answer to an oEmbed consumer, to be sent as application/json. oembed.com, sections 2.3.4 and 2.3.4.4: html, width and height within
 * maxwidth and maxheight; a thumbnail larger than those is left out, since it must respect them too.
 */
export function oembedFor(question: OEmbedQuestion): OEmbedAnswer {
  const { url, title, thumbnail, provider, author } = question;
  const [mostWidth, mostHeight] = [usable(question.maxwidth), usable(question.maxheight)];
  const size = fitted(question.width, question.height, mostWidth, mostHeight);
  const small = thumbnail && thumbnail.width <= mostWidth && thumbnail.height <= mostHeight;
  return {
    version: '1.0',
    type: 'rich',
    title,
    html: iframeHtml({ url, title, ...size }),
    ...size,
    ...(small && { thumbnail_url: thumbnail.url, thumbnail_width: thumbnail.width, thumbnail_height: thumbnail.height }),
    ...(provider && { provider_name: provider.name, provider_url: provider.url }),
    ...(author && { author_name: author.name, ...(author.url !== undefined && { author_url: author.url }) }),
  };
}
