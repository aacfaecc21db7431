/**
 * From a view graph to its largest model: cleans the graph, joins tracks, maps the largest group that can be mapped.
 * Invariant: the graph given stays as it is.
 */
import { mapScene, type MapperOptions } from './mapper.ts';
import { consistentEdges, resolveTwins } from './rotationAveraging.ts';
import type { SceneModel } from './sceneModel.ts';
import { buildTracks } from './tracks.ts';
import { connectedGroups, type ViewGraph } from './viewGraph.ts';

/** Pairs whose rotation lies further from the consensus matched something that only looks alike. */
const mostRotationErrorDeg = 15;

/** Maps connected groups, the largest first, while the next could still beat the best so far. Null when none gives a model. */
export async function mapGraph(graph: ViewGraph, options: MapperOptions): Promise<SceneModel | null> {
  const n = graph.images.length;
  const edges = consistentEdges(n, resolveTwins(n, graph.edges), mostRotationErrorDeg);
  let best: SceneModel | null = null;
  for (const members of connectedGroups(n, edges)) {
    if (members.length <= Math.max(1, best?.order.length ?? 0)) break;
    const inside = new Set(members);
    const group: ViewGraph = { ...graph, edges: edges.filter(({ i }) => inside.has(i)) };
    const model = await mapScene(group, buildTracks(group), members.length, options);
    if (model && (!best || model.order.length > best.order.length)) best = model;
  }
  return best;
}

/** A model of fewer images says too little to be called a group. */
const leastImages = 3;

/**
 * The largest model, and models of the images that it leaves out: groups that share nothing that can be relied on. Largest first, no image
 * in two of them.
 */
export async function mapGroups(graph: ViewGraph, options: MapperOptions): Promise<SceneModel[]> {
  const models: SceneModel[] = [];
  const free = new Set(graph.images.keys());
  while (free.size >= leastImages) {
    const edges = graph.edges.filter(({ i, j }) => free.has(i) && free.has(j));
    const model = await mapGraph({ ...graph, edges }, models.length === 0 ? options : quiet(options));
    if (!model || model.order.length < leastImages) break;
    models.push(model);
    for (const image of model.order) free.delete(image);
  }
  return models.sort((a, b) => b.order.length - a.order.length);
}

/** What is not going to be used is not shown either. */
const quiet = ({ seed, breathe }: MapperOptions): MapperOptions => ({ seed, ...(breathe && { breathe }) });
