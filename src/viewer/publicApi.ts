/**
 * What <splat-viewer> offers besides its attributes, in words: events, slots, parts, CSS variables, methods and properties. The
 * custom-elements manifest is made from these tables and from attributes.ts; a test holds them against the element.
 */
export interface DescribedEvent {
  type: string;
  doc: string;
}
export interface DescribedMember {
  type: string;
  doc: string;
}

export const events: Record<string, DescribedEvent> = {
  load: { type: 'CustomEvent<LoadDetail>', doc: 'The whole scene is there. Detail: url, splats, warnings.' },
  progress: {
    type: 'CustomEvent<ProgressDetail>',
    doc: 'Some of the file came. Detail: totalProgress 0..1, loadedBytes, totalBytes or null.',
  },
  error: {
    type: 'CustomEvent<ErrorDetail>',
    doc: 'The scene cannot be shown. Detail: type (a failure code such as bad-file, offline, gpu-missing, gpu-lost), message, sourceError.',
  },
  'camera-change': { type: 'CustomEvent<CameraChangeDetail>', doc: 'The camera moved. Detail: source, user-interaction or none.' },
  'poster-dismissed': { type: 'CustomEvent<null>', doc: 'The poster went and the scene is seen.' },
  'splat-pick': {
    type: 'CustomEvent<PickDetail>',
    doc: 'The scene was clicked or tapped. Detail: position, normal, depth, clientX, clientY.',
  },
  'hotspot-visibility': {
    type: 'CustomEvent<{ visible: boolean }>',
    doc: 'Sent from a hotspot that came into view or went behind the splats; bubbles.',
  },
  'model-visibility': { type: 'CustomEvent<{ visible: boolean }>', doc: 'The scene began or ceased to be shown in place of the poster.' },
};

export const slots: Record<string, string> = {
  '': 'Content for browsers without scripts; hidden once the element works.',
  poster: 'Shown until the scene is there, in place of the poster attribute.',
  'progress-bar': 'Takes the place of the progress bar.',
  controls: 'Buttons of the page, over the scene.',
  'interaction-prompt': 'Takes the place of the hint that the scene can be turned.',
  'hotspot-*':
    'Stands at a point of the scene: data-position="x y z", optionally data-normal="x y z", data-visibility-attribute="name", and for the tour data-orbit and data-target.',
};

export const parts: Record<string, string> = {
  canvas: 'The box that holds the canvas.',
  surface: 'What takes the focus, the pointer and the keys.',
  poster: 'The layer of the poster.',
  'default-progress-bar': 'The bar that shows how much has come.',
  'interaction-prompt': 'The hint that the scene can be turned.',
  controls: 'The row of buttons of the controls attribute.',
  control: 'One of these buttons.',
  'xr-buttons': 'The row of buttons of the xr attribute.',
  'vr-button': 'Enters VR.',
  'ar-button': 'Enters AR.',
  'xr-exit-button': 'Leaves AR, over the camera picture.',
  error: 'The layer that says why there is no scene.',
  'reload-button': 'The button on it.',
};

export const cssVariables: Record<string, { default: string; doc: string }> = {
  '--poster-color': { default: 'transparent', doc: 'Colour behind the poster.' },
  '--progress-bar-color': { default: 'rgba(0, 0, 0, 0.4)', doc: 'Colour of the progress bar.' },
  '--progress-bar-height': { default: '5px', doc: 'Height of the progress bar.' },
  '--interaction-prompt-display': { default: 'flex', doc: 'none hides the hint.' },
  '--min-hotspot-opacity': { default: '0', doc: 'Opacity of hotspots behind splats; what has the focus is always seen.' },
  '--max-hotspot-opacity': { default: '1', doc: 'Opacity of hotspots in view.' },
  '--splat-viewer-focus-ring': { default: '3px solid #1a73e8', doc: 'Outline of what has the focus.' },
  '--splat-viewer-control-background': { default: '#202124', doc: 'Background of buttons and of the error layer.' },
  '--splat-viewer-control-color': { default: '#fff', doc: 'Text on them.' },
};

export const methods: Record<string, DescribedMember> = {
  load: {
    type: '(source: string | Blob | { splats: Splats }, options?: { name?: string }) => Promise<Result<LoadDetail>>',
    doc: 'Loads a URL, a file or splats at hand in place of src. Never rejects: a failure is a value.',
  },
  show: { type: '(splats: Splats) => Promise<Result<LoadDetail>>', doc: 'Shows splats that are in memory already.' },
  reload: { type: '() => Promise<Result<LoadDetail>>', doc: 'Loads the source of the scene again.' },
  dismissPoster: { type: '() => void', doc: 'Takes the poster away as soon as there is something to show.' },
  showPoster: { type: '() => void', doc: 'Puts the poster back.' },
  refreshSplats: {
    type: '(first?: number, count?: number) => void',
    doc: 'After load({ packed }): reads rows again whose colours, opacities or shapes the page has changed in place.',
  },
  getCameraOrbit: { type: '() => Orbit', doc: 'Where the camera is now: theta, phi, radius; toString() gives the attribute’s text.' },
  getCameraTarget: { type: '() => Point', doc: 'What the camera looks at now: x, y, z.' },
  getFieldOfView: { type: '() => number', doc: 'The field of view now, in degrees.' },
  getMinimumFieldOfView: { type: '() => number', doc: 'The narrowest field of view, in degrees.' },
  getMaximumFieldOfView: { type: '() => number', doc: 'The widest field of view, in degrees.' },
  jumpCameraToGoal: { type: '() => void', doc: 'Ends the glide: the camera is where it was going.' },
  frame: { type: '() => void', doc: 'Moves the camera so that the whole scene is seen.' },
  resetView: { type: '() => void', doc: 'Moves the camera to where the attributes say.' },
  lookThrough: {
    type: '(view: PinholeView | null) => void',
    doc: 'Shows exactly this camera, roll and lens included, letterboxed; null goes back to the orbiting camera.',
  },
  shownView: {
    type: '() => PinholeView | null',
    doc: 'The camera that is shown now, in the file’s space and CSS pixels of the element; null before there is a scene.',
  },
  zoom: { type: '(steps: number) => void', doc: 'Moves the camera nearer by steps of a mouse wheel.' },
  getDimensions: { type: '() => Point', doc: 'Size of the scene’s box, without the outermost twentieth of its splats.' },
  getBoundingBoxCenter: { type: '() => Point', doc: 'Middle of that box.' },
  pick: {
    type: '(clientX: number, clientY: number) => Promise<Pick | null>',
    doc: 'The point of the scene under a point of the page, at the depth where half of the light is stopped; null where there is none.',
  },
  positionAndNormalFromPoint: {
    type: '(clientX: number, clientY: number) => Promise<Pick | null>',
    doc: 'The same under <model-viewer>’s name.',
  },
  measure: { type: '(a: Place, b: Place) => number | null', doc: 'Distance between two points, in units of the scene.' },
  updateHotspot: { type: '(config: HotspotConfig) => void', doc: 'Moves a hotspot: name, position, normal.' },
  queryHotspot: {
    type: '(name: string) => HotspotState | null',
    doc: 'Where a hotspot is, on the canvas and in the scene, and whether it is seen.',
  },
  nextHotspot: {
    type: '() => boolean',
    doc: 'Goes on to the next hotspot: focuses it and moves the camera there. False without hotspots.',
  },
  previousHotspot: { type: '() => boolean', doc: 'Goes back to the hotspot before.' },
  toBlob: {
    type: '(options?: ToBlobOptions) => Promise<Blob | null>',
    doc: 'A picture of the scene: mimeType, qualityArgument, widthPx, heightPx. Null when there is nothing to take one of.',
  },
  resetTurntableRotation: { type: '(theta?: number) => void', doc: 'Turns the camera to an azimuth in radians.' },
  dispose: { type: '() => void', doc: 'Frees everything at once. load() or putting the element into a page begins anew.' },
};

/** Properties that are not attributes. All but cropBox are read-only. */
export const properties: Record<string, DescribedMember> = {
  loaded: { type: 'boolean', doc: 'Whether the whole scene is there.' },
  modelIsVisible: { type: 'boolean', doc: 'Whether the scene is seen and not the poster.' },
  backend: { type: "'webgpu' | 'webgl2' | null", doc: 'What draws.' },
  splatCount: { type: 'number', doc: 'Splats in the scene so far.' },
  stats: { type: 'RendererStats | null', doc: 'What the renderer counts: splats, bytes, sorts, frames.' },
  cropBox: { type: 'Box | null', doc: 'The crop attribute as numbers: low and high corner.' },
};
