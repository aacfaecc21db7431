/** The viewer's door: the class of <splat-viewer> and the types of what it takes and tells. Importing it defines nothing; define.ts does. */
export { SplatViewerElement } from './element.ts';
export type { PinholeView } from '../core/scene/camera.ts';
export type { AttributeName, AttributeProperties } from './attributes.ts';
export type { HotspotConfig, HotspotState } from './hotspots.ts';
export type { Place } from './measure.ts';
export type { ToBlobOptions } from './pictures.ts';
export type { SceneSource } from './sceneLoader.ts';
export type { Orbit, Point } from './viewerCamera.ts';
export type { CameraChangeDetail, ErrorDetail, LoadDetail, Pick, PickDetail, ProgressDetail } from './viewerEvents.ts';
