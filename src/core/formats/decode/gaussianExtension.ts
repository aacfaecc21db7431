/**
 * KHR_gaussian_splatting for glTF-Transform: which primitives are splats, and how they mean their colours.
 * Invariant: the attributes themselves stay ordinary accessors of the primitive; only the extension's own words are kept here.
 */
import { Extension, ExtensionProperty, type IProperty, PropertyType, type ReaderContext } from '@gltf-transform/core';

export const gaussianSplatting = 'KHR_gaussian_splatting';

interface IGaussianPrimitive extends IProperty {
  colorSpace: string;
  kernel: string;
}

/** What the extension's object on a primitive says. */
export class GaussianPrimitive extends ExtensionProperty<IGaussianPrimitive> {
  static override EXTENSION_NAME = gaussianSplatting;
  declare extensionName: typeof gaussianSplatting;
  declare propertyType: 'GaussianPrimitive';
  declare parentTypes: [PropertyType.PRIMITIVE];

  protected override init(): void {
    this.extensionName = gaussianSplatting;
    this.propertyType = 'GaussianPrimitive';
    this.parentTypes = [PropertyType.PRIMITIVE];
  }

  protected override getDefaults() {
    return Object.assign(super.getDefaults(), { colorSpace: 'srgb_rec709_display', kernel: 'ellipse' });
  }

  getColorSpace(): string {
    return this.get('colorSpace');
  }

  getKernel(): string {
    return this.get('kernel');
  }

  describe(colorSpace: unknown, kernel: unknown): this {
    if (typeof colorSpace === 'string') this.set('colorSpace', colorSpace);
    if (typeof kernel === 'string') this.set('kernel', kernel);
    return this;
  }
}

export class GaussianSplatting extends Extension {
  static override readonly EXTENSION_NAME = gaussianSplatting;
  override readonly extensionName = gaussianSplatting;

  /** Called by the reader once meshes exist. */
  read(context: ReaderContext): this {
    for (const [m, mesh] of (context.jsonDoc.json.meshes ?? []).entries()) {
      const primitives = context.meshes[m].listPrimitives();
      for (const [p, definition] of mesh.primitives.entries()) {
        const words = definition.extensions?.[gaussianSplatting] as Record<string, unknown> | undefined;
        if (!words) continue;
        const property = new GaussianPrimitive(this.document.getGraph()).describe(words.colorSpace, words.kernel);
        primitives[p].setExtension(gaussianSplatting, property);
      }
    }
    return this;
  }

  /** Nothing is written: splats are saved as .glb elsewhere. */
  write(): this {
    return this;
  }
}
