/**
 * The outside of a glTF: GLB chunks, JSON, buffers from data: URIs or beside the file; checked so that nothing is reserved which its bytes
 * do not hold, and without what splats do not need (pictures, materials, animations).
 * Invariant: nothing is fetched here; what lies beside the file comes through `sibling`.
 */
import { GLB_BUFFER, type GLTF, type JSONDocument } from '@gltf-transform/core';
import { gaussianSplatting } from './gaussianExtension.ts';
import { refuse } from './refusal.ts';

type Sibling = ((relativeUrl: string) => Promise<Uint8Array | null>) | null;

const jsonChunk = 0x4e4f534a;
const binChunk = 0x004e4942;

/** Chunks of a GLB: its JSON and, when there is one, its binary chunk. */
function glbChunks(bytes: Uint8Array, name: string): { json: Uint8Array; bin: Uint8Array | null } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 20) refuse(name, 'is truncated: it ends inside the GLB header');
  if (view.getUint32(4, true) !== 2) refuse(name, `is a GLB of version ${view.getUint32(4, true)}; version 2 is read`);
  const declared = view.getUint32(8, true);
  if (declared > bytes.length) refuse(name, `is truncated: it declares ${declared} bytes and has ${bytes.length}`);
  const found = new Map<number, Uint8Array>();
  for (let at = 12; at + 8 <= declared;) {
    const [length, type] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    if (at + 8 + length > declared) refuse(name, 'is truncated or damaged: one of its chunks goes beyond its end');
    if (!found.has(type)) found.set(type, bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length + ((4 - (length % 4)) % 4);
  }
  const json = found.get(jsonChunk);
  return json ? { json, bin: found.get(binChunk) ?? null } : refuse(name, 'is damaged: it is a GLB without JSON');
}

function parseJson(bytes: Uint8Array, name: string): GLTF.IGLTF {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return refuse(name, 'is truncated or damaged: its JSON cannot be read');
  }
  const isGltf = typeof json === 'object' && json !== null && typeof (json as GLTF.IGLTF).asset === 'object';
  return isGltf ? (json as GLTF.IGLTF) : refuse(name, 'is JSON but no glTF');
}

/** Extensions that change how attributes are stored; splats behind one of them cannot be read without it. */
const storedOtherwise =
  /^(?:EXT_meshopt_compression|KHR_meshopt_compression|KHR_draco_mesh_compression|KHR_gaussian_splatting_.*|EXT_gaussian_splatting_.*)$/;

/** `from` with only some of its properties. */
function picked<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as Pick<T, K>;
}

const barePrimitive = (primitive: GLTF.IMeshPrimitive): GLTF.IMeshPrimitive => picked(primitive, ['attributes', 'mode', 'extensions']);
const bareNode = (node: GLTF.INode): GLTF.INode => picked(node, ['children', 'mesh', 'matrix', 'rotation', 'scale', 'translation']);

/** The parts that hold splats, without those that would only be in the way. */
function bare(json: GLTF.IGLTF, name: string): GLTF.IGLTF {
  const { asset, scene, scenes, nodes, meshes, accessors, bufferViews, buffers } = json;
  const primitives = (meshes ?? []).flatMap((mesh) => mesh.primitives ?? []);
  if (!primitives.some((primitive) => primitive.extensions?.[gaussianSplatting]))
    refuse(name, `is a glTF without splats: none of its meshes uses ${gaussianSplatting}`);
  const needs = [...(json.extensionsRequired ?? []), ...(json.extensionsUsed ?? [])].find((extension) => storedOtherwise.test(extension));
  if (needs) refuse(name, `stores its splats with ${needs}, which is not read`);
  const kept: GLTF.IGLTF = { asset, extensionsUsed: [gaussianSplatting] };
  if (meshes) kept.meshes = meshes.map((mesh) => ({ primitives: (mesh.primitives ?? []).map(barePrimitive) }));
  if (nodes) kept.nodes = nodes.map(bareNode);
  if (scenes) kept.scenes = scenes.map((each) => ({ nodes: each.nodes ?? [] }));
  return Object.assign(kept, { ...(scene === undefined ? {} : { scene }), accessors, bufferViews, buffers });
}

/** Decodes a data: URI without fetch(), which a page's content security policy may forbid. */
function bytesOfDataUri(uri: string, name: string): Uint8Array<ArrayBuffer> {
  const comma = uri.indexOf(',');
  if (comma < 0 || !/;base64$/.test(uri.slice(0, comma))) return refuse(name, 'holds a data: URI that is not base64');
  try {
    return Uint8Array.from(atob(uri.slice(comma + 1)), (letter) => letter.charCodeAt(0));
  } catch {
    return refuse(name, 'is damaged: it holds a data: URI that is no base64');
  }
}

async function bufferBytes(buffer: GLTF.IBuffer, bin: Uint8Array | null, sibling: Sibling, name: string): Promise<Uint8Array> {
  if (buffer.uri === undefined) return bin ?? refuse(name, 'is damaged: it names no place for one of its buffers');
  if (buffer.uri.startsWith('data:')) return bytesOfDataUri(buffer.uri, name);
  const bytes = await sibling?.(buffer.uri);
  return bytes ?? refuse(name, `needs ${buffer.uri} beside it, which is not there`);
}

const componentBytes: Record<number, number> = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4 };
const components: Record<string, number> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4, MAT2: 4, MAT3: 9, MAT4: 16 };
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Refuses accessors that reach beyond their buffer: the library would reserve what they declare. */
function checkAccessors(json: GLTF.IGLTF, lengths: number[], name: string): void {
  const damaged = (a: number, why: string): never => refuse(name, `is truncated or damaged: accessor ${a} ${why}`);
  const all = lengths.reduce((sum, length) => sum + length, 0);
  for (const [a, accessor] of (json.accessors ?? []).entries()) {
    const each = componentBytes[accessor.componentType] * components[accessor.type];
    if (!isCount(accessor.count) || !(each > 0)) damaged(a, 'has no valid type and count');
    const bytes = accessor.count * each;
    if (accessor.sparse || accessor.bufferView === undefined) {
      // Zeros that take no room in the file: allowed as far as the file is worth.
      if (accessor.sparse || bytes > all) damaged(a, `declares ${accessor.count} values that it does not hold`);
      continue;
    }
    const view = json.bufferViews?.[accessor.bufferView];
    const start = accessor.byteOffset ?? 0;
    const stride = view?.byteStride ?? each;
    if (!view || !isCount(start) || !isCount(view.byteLength) || !isCount(view.byteOffset ?? 0) || !isCount(stride))
      damaged(a, 'has no valid place');
    else if (accessor.count > 0 && start + (accessor.count - 1) * stride + each > view.byteLength)
      damaged(a, `declares ${accessor.count} values, more than its bytes hold`);
    else if ((view.byteOffset ?? 0) + view.byteLength > (lengths[view.buffer] ?? -1)) damaged(a, 'ends beyond its buffer');
  }
}

/** The glTF as the library reads it. */
export async function openGltf(bytes: Uint8Array, name: string, isBinary: boolean, sibling: Sibling): Promise<JSONDocument> {
  const { json: text, bin } = isBinary ? glbChunks(bytes, name) : { json: bytes, bin: null };
  const json = bare(parseJson(text, name), name);
  const resources: JSONDocument['resources'] = {};
  const lengths: number[] = [];
  for (const [b, buffer] of (json.buffers ?? []).entries()) {
    // A copy, because the library lays views over it that must be aligned.
    const own = new Uint8Array(await bufferBytes(buffer, bin, sibling, name));
    lengths.push(own.length);
    if (buffer.uri === undefined) resources[GLB_BUFFER] = own;
    else {
      buffer.uri = `buffer${b}.bin`;
      resources[buffer.uri] = own;
    }
  }
  checkAccessors(json, lengths, name);
  return { json, resources };
}
