/** The place is gone from a photo's file and nothing else is: exifr and libvips read what is left. */
import zlib from 'node:zlib';
import exifr from 'exifr';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { withoutPlace } from '../../src/core/image/withoutPlace.ts';

const tags = {
  IFD0: { Make: 'Maker', Model: 'M 1', Software: 'Soft 1' },
  IFD2: { FocalLength: '425/100', DateTimeOriginal: '2024:05:06 07:08:09', LensModel: 'Glass 26 mm' },
};
const place = {
  IFD3: {
    ...{ GPSLatitudeRef: 'N', GPSLatitude: '55/1 41/1 53/1', GPSLongitudeRef: 'E', GPSLongitude: '12/1 34/1 56/1' },
    ...{ GPSAltitude: '771/10', GPSDateStamp: '2024:05:06' },
  },
};
const xmpOf = (inner: string, attributes = ''): string =>
  '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  `<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" ` +
  `xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmp:CreatorTool="Tool 7" ${attributes}>${inner}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
const placeInXmp = xmpOf(
  '<exif:GPSAltitude>771/10</exif:GPSAltitude><xmp:Rating>4</xmp:Rating><Iptc4xmpExt:LocationCreated><rdf:Bag><rdf:li Iptc4xmpExt:City="Elsewhere">Nearby</rdf:li></rdf:Bag></Iptc4xmpExt:LocationCreated>',
  'exif:GPSLatitude="55,41.8833N" exif:GPSLongitude=\'12,34.9333E\' photoshop:City="Sometown"',
);

type Kind = 'jpeg' | 'png' | 'webp' | 'tiff' | 'avif';
const picture = () =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: '#777', noise: { type: 'gaussian', mean: 128, sigma: 40 } } });
async function photo(kind: Kind, withPlace = true, xmp?: string): Promise<Uint8Array> {
  const tagged = picture()
    .withMetadata({ orientation: 6 })
    .withExifMerge(withPlace ? { ...tags, ...place } : tags);
  return new Uint8Array(await (xmp === undefined ? tagged : tagged.withXmp(xmp)).toFormat(kind).toBuffer());
}

const everything = { gps: true, xmp: true, iptc: true, tiff: true, ifd1: true, exif: true } as const;
const pixelsOf = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const joined = (...parts: (Uint8Array | number[] | string)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)))));
const segment = (marker: number, content: Uint8Array): Uint8Array =>
  joined([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255], content);
async function jpegWith(...segments: Uint8Array[]): Promise<Uint8Array> {
  const plain = await picture().jpeg().toBuffer();
  return joined(plain.subarray(0, 2), ...segments, plain.subarray(2));
}

interface Made {
  tag: number;
  type: number;
  count: number;
  value: number | number[];
}
const typeBytes = [0, 1, 1, 2, 4, 8];

/** A TIFF block with these directories, one after the other; a value in [] is put behind them. Pointers are given as "directory n". */
function tiffBlock(little: boolean, directories: { entries: Made[]; next?: number }[]): Uint8Array {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  const starts = directories.map((_, i) => 8 + directories.slice(0, i).reduce((sum, { entries }) => sum + 6 + 12 * entries.length, 0));
  let free = 512;
  bytes.set(little ? [0x49, 0x49, 42, 0] : [0x4d, 0x4d, 0, 42]);
  view.setUint32(4, 8, little);
  for (const [i, { entries, next }] of directories.entries()) {
    view.setUint16(starts[i], entries.length, little);
    for (const [k, { tag, type, count, value }] of entries.entries()) {
      const at = starts[i] + 2 + 12 * k;
      view.setUint16(at, tag, little);
      view.setUint16(at + 2, type, little);
      view.setUint32(at + 4, count, little);
      const pointer = tag === 0x8825 || tag === 0x8769;
      if (!Array.isArray(value)) {
        if (type === 3) view.setUint16(at + 8, value, little);
        else view.setUint32(at + 8, pointer ? starts[value] : value, little);
        continue;
      }
      view.setUint32(at + 8, free, little);
      value.forEach((each, n) => (type === 5 ? view.setUint32(free + 4 * n, each, little) : view.setUint8(free + n, each)));
      free += typeBytes[type] * count;
    }
    if (next !== undefined) view.setUint32(starts[i] + 2 + 12 * entries.length, starts[next], little);
  }
  return bytes;
}
const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const gpsEntries: Made[] = [
  { tag: 1, type: 2, count: 2, value: 0x4e004e00 },
  { tag: 2, type: 5, count: 3, value: [55, 1, 41, 1, 53, 1] },
  { tag: 3, type: 2, count: 2, value: 0x45004500 },
  { tag: 4, type: 5, count: 3, value: [12, 1, 34, 1, 56, 1] },
];
const twoDirectories = (little: boolean): Uint8Array =>
  tiffBlock(little, [
    {
      entries: [
        { tag: 0x010f, type: 2, count: 6, value: ascii('Maker\0') },
        { tag: 0x0112, type: 3, count: 1, value: 6 },
        { tag: 0x8769, type: 4, count: 1, value: 2 },
        { tag: 0x8825, type: 4, count: 1, value: 1 },
        { tag: 0xc4a5, type: 2, count: 6, value: ascii('Later\0') },
      ],
      next: 3,
    },
    { entries: gpsEntries },
    { entries: [{ tag: 0x920a, type: 5, count: 1, value: [425, 100] }] },
    {
      entries: [
        { tag: 0x0110, type: 2, count: 6, value: ascii('Small\0') },
        { tag: 0x8825, type: 4, count: 1, value: 4 },
      ],
    },
    { entries: gpsEntries },
  ]);

describe('files that libvips wrote', () => {
  test.each<Kind>(['jpeg', 'png', 'webp', 'avif'])('%s: no place, all other tags, the same pixels', async (kind) => {
    const before = await photo(kind);
    const after = withoutPlace(before);
    expect(after).not.toBe(before);
    expect(after.length).toBe(before.length);
    expect(await pixelsOf(after)).toEqual(await pixelsOf(before));
    expect((await sharp(after).metadata()).orientation).toBe((await sharp(before).metadata()).orientation);
    // exifr does not read every kind of file, but it reads the Exif block of each.
    const { exif } = await sharp(after).metadata();
    const block = exif!.subarray(exif!.toString('latin1', 0, 4) === 'Exif' ? 6 : 0);
    expect(await exifr.gps(block).catch(() => undefined)).toBeUndefined();
    const read = await exifr.parse(block, everything);
    expect(read).toMatchObject({ Make: 'Maker', Model: 'M 1', Software: 'Soft 1', FocalLength: 4.25, LensModel: 'Glass 26 mm' });
    expect(read.DateTimeOriginal).toEqual(new Date(2024, 4, 6, 7, 8, 9));
    expect(Object.keys(read).filter((name) => /gps|latitude|longitude/i.test(name))).toEqual([]);
    expect(latin1(after)).not.toContain('2024:05:06\0');
  });

  test('exifr finds the place before, and in the whole JPEG and PNG nothing after', async () => {
    for (const kind of ['jpeg', 'png'] as const) {
      const before = await photo(kind);
      expect((await exifr.gps(before)).latitude).toBeCloseTo(55.698, 2);
      expect(await exifr.gps(withoutPlace(before))).toBeUndefined();
    }
  });

  test.each<Kind>(['jpeg', 'png', 'webp', 'tiff', 'avif'])('%s without a place: the very same object; done twice too', async (kind) => {
    const none = await photo(kind, false);
    expect(withoutPlace(none)).toBe(none);
    const done = withoutPlace(await photo(kind, true, placeInXmp));
    expect(withoutPlace(done)).toBe(done);
  });

  test.each<Kind>(['jpeg', 'webp', 'tiff', 'avif'])('%s with XMP: values are spaces, the rest stays', async (kind) => {
    const before = await photo(kind, true, placeInXmp);
    const input = before.slice();
    const after = withoutPlace(before);
    expect(before).toEqual(input);
    expect(await pixelsOf(after)).toEqual(await pixelsOf(before));
    const { xmp } = await sharp(after).metadata();
    const text = xmp!.toString();
    for (const gone of ['55,41', '12,34', '771/10', 'Sometown', 'Elsewhere', 'Nearby']) expect(text).not.toContain(gone);
    for (const kept of [
      'xmp:CreatorTool="Tool 7"',
      '<xmp:Rating>4</xmp:Rating>',
      'xmlns:exif="http://ns.adobe.com/exif/1.0/"',
      'rdf:about=""',
    ])
      expect(text).toContain(kept);
    expect(text).toMatch(/exif:GPSLatitude=" +" exif:GPSLongitude=' +' photoshop:City=" +"/);
    expect(text.length).toBe((await sharp(before).metadata()).xmp!.length);
  });
});

describe('blocks made by hand', () => {
  test.each([true, false])('little-endian %s: both directories lose their place and keep the rest', async (little) => {
    const before = await jpegWith(segment(0xe1, joined('Exif\0\0', twoDirectories(little))));
    const bare = twoDirectories(little);
    expect((await exifr.gps(bare)).longitude).toBeCloseTo(12 + 34 / 60 + 56 / 3600, 9);
    expect(await exifr.gps(withoutPlace(bare))).toBeUndefined();
    expect((await exifr.gps(before)).longitude).toBeCloseTo(12 + 34 / 60 + 56 / 3600, 9);
    const after = withoutPlace(before);
    expect(await exifr.gps(after)).toBeUndefined();
    expect(await exifr.parse(after, { ...everything, mergeOutput: false, translateValues: false })).toMatchObject({
      ifd0: { Make: 'Maker', Orientation: 6, PrintIM: expect.anything() },
      exif: { FocalLength: 4.25 },
      ifd1: { Model: 'Small' },
    });
    expect(await pixelsOf(after)).toEqual(await pixelsOf(before));
    // 2 + 4 + 6 bytes in, past values of other tags: all that is different lies in the pointers and the two GPS directories.
    const block = after.subarray(12, 12 + 1024);
    expect(Buffer.from(block).includes(Buffer.from(little ? [55, 0, 0, 0, 1, 0, 0, 0] : [0, 0, 0, 55, 0, 0, 0, 1]))).toBe(false);
  });

  test('extended XMP whose value lies across two segments', async () => {
    const text = xmpOf(`<exif:GPSLatitude>55,41.8833N</exif:GPSLatitude><xmp:Label>${'x'.repeat(500)}</xmp:Label>`);
    const cut = text.indexOf('41.8833');
    const part = (from: number, to: number): Uint8Array => {
      const numbers = Buffer.alloc(8);
      numbers.writeUInt32BE(text.length, 0);
      numbers.writeUInt32BE(from, 4);
      return segment(0xe1, joined('http://ns.adobe.com/xmp/extension/\0', 'A'.repeat(32), numbers, text.slice(from, to)));
    };
    const after = latin1(withoutPlace(await jpegWith(part(cut, text.length), part(0, cut))));
    for (const gone of ['55,', '41.88']) expect(after).not.toContain(gone);
    expect(after).toContain('x'.repeat(500));
  });

  test('IPTC city and country in APP13; the caption stays', async () => {
    const dataSet = (number: number, text: string): Uint8Array => joined([0x1c, 2, number, 0, text.length], text);
    const iptc = joined(dataSet(120, 'A caption'), dataSet(90, 'Sometown'), dataSet(101, 'Someland'));
    const resources = joined('Photoshop 3.0\0', '8BIM', [4, 4, 0, 0, 0, 0, 0, iptc.length], iptc, iptc.length % 2 ? [0] : []);
    const before = await jpegWith(segment(0xed, resources));
    expect(await exifr.parse(before, { iptc: true })).toMatchObject({ City: 'Sometown', Country: 'Someland' });
    const after = withoutPlace(before);
    expect(await exifr.parse(after, { iptc: true })).toMatchObject({ Caption: 'A caption' });
    expect(latin1(after)).not.toMatch(/Sometown|Someland/);
  });

  test('a second picture behind the first, and the video of a moving photo', async () => {
    const second = await jpegWith(segment(0xe1, joined('Exif\0\0', twoDirectories(true))));
    const video = joined([0, 0, 0, 30], '\xa9xyz', [0, 18, 0x15, 0xc7], '+55.6980+012.5822/');
    const after = withoutPlace(joined(await jpegWith(), second, video));
    expect(await exifr.gps(after.subarray(after.length - second.length - video.length))).toBeUndefined();
    expect(latin1(after)).not.toContain('55.698');
  });

  test('unpacked XMP in PNG loses the place alone', async () => {
    const plain = await picture().png().toBuffer();
    const content = joined('XML:com.adobe.xmp\0\0\0\0\0', placeInXmp);
    const chunk = joined([0, 0, content.length >> 8, content.length & 255], 'iTXt', content, [0, 0, 0, 0]);
    const after = withoutPlace(joined(plain.subarray(0, 33), chunk, plain.subarray(33)));
    expect(latin1(after)).toContain('<xmp:Rating>4</xmp:Rating>');
    expect(latin1(after)).not.toMatch(/55,41|12,34|771|Sometown|Elsewhere|Nearby/);
    const end = 33 + 8 + content.length;
    expect(new DataView(after.buffer).getUint32(end)).toBe(zlib.crc32(after.subarray(37, end)));
    expect(await pixelsOf(after)).toEqual(await pixelsOf(plain));
  });

  test('packed text chunks of PNG, which cannot change in place, go as a whole', async () => {
    const plain = await picture().png().toBuffer();
    const chunk = (kind: string, content: Uint8Array): Uint8Array => joined([0, 0, 0, content.length], kind, content, [0, 0, 0, 0]);
    const packed = chunk('zTXt', joined('Raw profile type exif\0\0', [1, 2, 3, 4, 5]));
    const after = withoutPlace(joined(plain.subarray(0, 33), packed, plain.subarray(33)));
    const libvips = await photo('png', true, placeInXmp);
    expect((await sharp(libvips).metadata()).xmp!.toString()).toContain('55,41');
    expect((await sharp(withoutPlace(libvips)).metadata()).xmp?.toString() ?? '').not.toContain('55,41');
    expect(latin1(after)).toContain('tEXtRaw profile type exif\0      ');
    expect(await pixelsOf(after)).toEqual(await pixelsOf(plain));
  });
});

describe('bytes made to harm', () => {
  test('directories in a ring, offsets outside, endless counts', () => {
    const ring = twoDirectories(true);
    const view = new DataView(ring.buffer);
    view.setUint32(8 + 2 + 12 * 5, 8, true);
    expect(withoutPlace(ring).length).toBe(ring.length);
    for (const value of [0, 1, 7, 8, 1023, 1024, 0x7fffffff, 0xffffffff]) {
      for (let at = 4; at < 512; at += 2) {
        const bytes = twoDirectories(at % 4 === 0);
        new DataView(bytes.buffer).setUint32(at, value, at % 4 === 0);
        expect(withoutPlace(bytes).length).toBe(1024);
      }
    }
  });

  test('damaged and shortened files of every kind', async () => {
    let state = 1;
    const random = (below: number): number => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) % below;
    for (const kind of ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const) {
      const whole = await photo(kind, true, placeInXmp);
      for (let round = 0; round < 300; round++) {
        const bytes = whole.slice(0, round % 3 === 0 ? random(whole.length) : whole.length);
        for (let hit = 0; hit < 6 && bytes.length > 0; hit++) bytes[random(Math.min(bytes.length, 2000))] = random(256);
        expect(withoutPlace(bytes).length).toBe(bytes.length);
      }
    }
  });

  test('text that would make a careless search take hours', () => {
    const packet = (inner: string): Uint8Array => joined(`<x:xmpmeta>${inner}</x:xmpmeta>`);
    for (const inner of ['<exif:GPSa ', 'exif:GPSa="', 'a-', 'exif:GPS', "<exif:GPSx y='", '<'])
      expect(withoutPlace(packet(inner.repeat(2 ** 20 / inner.length))).length).toBeGreaterThan(2 ** 19);
    const crowded = new Uint8Array(2 ** 20).fill(0x25);
    crowded.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, 0xff, 0xff]);
    for (let at = 10; at + 12 < crowded.length; at += 12) crowded.set([0x25, 0x88, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0], at);
    expect(withoutPlace(crowded).length).toBe(2 ** 20);
  });
});
