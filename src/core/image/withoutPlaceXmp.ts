/**
 * Takes the place out of XMP (ISO 16684-1): the values of properties that say where a photo was taken become spaces.
 * Invariant: the length and everything outside those values stay, so the packet remains well-formed XML; time is linear in its length.
 */

/** Local names of place properties: exif:GPS*, drone-dji:Gps*, photoshop:City, Iptc4xmpExt:LocationCreated, geo:lat and their like. */
const placeNames = [
  'gps\\w{0,64}',
  'latitude',
  'longitude',
  'longtitude',
  'lat',
  'long',
  'city',
  'state',
  'country',
  'countrycode',
  'countryname',
  'provincestate',
  'sublocation',
  'location',
  'locationcreated',
  'locationshown',
  'worldregion',
].join('|');

const property = (): RegExp => new RegExp(`(<?)\\b([A-Za-z][\\w-]{0,63}:(?:${placeNames}))(?=[\\s=/>])`, 'gi');

/** Attributes that hold structure, not values. */
const isStructure = (name: string): boolean => /^(xmlns(:|$)|xml:|rdf:(parseType|about|ID|nodeID|datatype))/.test(name);

/** Overwrites text with spaces, leaving white space as it is; says whether anything became different. */
function blankText(bytes: Uint8Array, start: number, end: number): boolean {
  let changed = false;
  for (let at = start; at < end; at++) {
    if (bytes[at] <= 0x20) continue;
    bytes[at] = 0x20;
    changed = true;
  }
  return changed;
}

/** Blanks the value of the attribute whose name ends at `at`. */
function blankAttribute(bytes: Uint8Array, text: string, at: number): boolean {
  const assign = /\s*=\s*(["'])/y;
  assign.lastIndex = at;
  const quote = assign.exec(text)?.[1];
  if (quote === undefined) return false;
  const end = text.indexOf(quote, assign.lastIndex);
  return blankText(bytes, assign.lastIndex, end < 0 ? text.length : end);
}

const isWord = (code: number): boolean => code > 0x20 && code !== 0x3d && code !== 0x2f && code !== 0x3c;

/** Blanks text and attribute values from within an element's opening tag to `end`, and leaves the tags. */
function blankElement(bytes: Uint8Array, text: string, start: number, end: number): boolean {
  let changed = false;
  let inTag = true;
  let [nameStart, nameEnd] = [start, start];
  for (let at = start; at < end; at++) {
    const letter = text[at];
    if (!inTag) {
      inTag = letter === '<';
      if (!inTag) changed = blankText(bytes, at, at + 1) || changed;
    } else if (letter === '>') inTag = false;
    else if (letter === '"' || letter === "'") {
      const closing = text.indexOf(letter, at + 1);
      const stop = closing < 0 ? end : Math.min(closing, end);
      if (!isStructure(text.slice(nameStart, nameEnd))) changed = blankText(bytes, at + 1, stop) || changed;
      at = stop;
    } else if (isWord(text.charCodeAt(at))) {
      if (nameEnd !== at) nameStart = at;
      nameEnd = at + 1;
    }
  }
  return changed;
}

/** Where the element that opens before `at` ends: after its "/>" or at its closing tag, or at the end when it has none. */
function endOfElement(text: string, name: string, at: number): number {
  const opening = text.indexOf('>', at);
  if (opening < 0) return text.length;
  if (text[opening - 1] === '/') return opening;
  const closing = text.indexOf(`</${name}`, opening);
  return closing < 0 ? text.length : closing;
}

/** Changes a packet (UTF-8) in place; says whether anything became different. */
export function blankXmp(bytes: Uint8Array): boolean {
  // One character per byte, so that places in the text are places in the bytes.
  const text = new TextDecoder('latin1').decode(bytes);
  const names = property();
  let changed = false;
  for (let match = names.exec(text); match; match = names.exec(text)) {
    const [, opener, name] = match;
    if (opener === '') {
      changed = blankAttribute(bytes, text, names.lastIndex) || changed;
      continue;
    }
    const end = endOfElement(text, name, names.lastIndex);
    changed = blankElement(bytes, text, names.lastIndex, end) || changed;
    names.lastIndex = Math.max(names.lastIndex, end + 2 + name.length);
  }
  return changed;
}
