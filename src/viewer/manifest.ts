/**
 * The custom-elements manifest of <splat-viewer>, from which editors and catalogues know it. Schema: webcomponents/custom-elements-manifest,
 * version 1.0.0.
 * Invariant: made from the tables the element itself is made from; nothing is written twice.
 */
import { type Attribute, attributeNames, attributes } from './attributes.ts';
import { cssVariables, events, methods, parts, properties, slots } from './publicApi.ts';

const quoted = (text: string) => `'${text}'`;

/** TypeScript of an attribute's property. */
export function typeText(attribute: Attribute): string {
  if (attribute.type === 'flag') return 'boolean';
  if (attribute.type === 'choice') return attribute.choices.map(quoted).join(' | ');
  return (attribute.type === 'number' ? 'number' : 'string') + (attribute.default === null ? ' | null' : '');
}

/** The default as it stands in code. */
export function defaultText(attribute: Attribute): string {
  return typeof attribute.default === 'string' ? quoted(attribute.default) : String(attribute.default);
}

const field = (name: string, type: string, more: object) => ({ kind: 'field', name, type: { text: type }, privacy: 'public', ...more });

function members(): object[] {
  const reflected = attributeNames.map((name) => {
    const attribute: Attribute = attributes[name];
    const more = { default: defaultText(attribute), description: attribute.doc, attribute: name, reflects: true };
    return field(attribute.property, typeText(attribute), more);
  });
  const others = Object.entries(properties).map(([name, { type, doc }]) =>
    field(name, type, { description: doc, ...(name === 'cropBox' ? {} : { readonly: true }) }),
  );
  const called = Object.entries(methods).map(([name, { type, doc }]) => ({
    kind: 'method',
    name,
    privacy: 'public',
    description: `${doc} ${type}`,
    return: { type: { text: type.slice(type.lastIndexOf('=>') + 2).trim() } },
  }));
  return [...reflected, ...others, ...called];
}

function declaration(className: string): object {
  const described = (table: Record<string, string>) => Object.entries(table).map(([name, description]) => ({ name, description }));
  return {
    kind: 'class',
    customElement: true,
    name: className,
    tagName: 'splat-viewer',
    description: 'Shows a 3D Gaussian splat and lets people look around in it.',
    superclass: { name: 'HTMLElement' },
    attributes: attributeNames.map((name) => {
      const attribute: Attribute = attributes[name];
      const { property: fieldName, doc: description } = attribute;
      return { name, fieldName, description, type: { text: typeText(attribute) }, default: defaultText(attribute) };
    }),
    members: members(),
    events: Object.entries(events).map(([name, { type, doc }]) => ({ name, type: { text: type }, description: doc })),
    slots: described(slots),
    cssParts: described(parts),
    cssProperties: Object.entries(cssVariables).map(([name, one]) => ({ name, default: one.default, description: one.doc })),
  };
}

/**
 * @param className name under which the class is exported
 * @param classFile file that exports the class and registers nothing
 * @param defineFile file that registers the element
 */
export function customElementsManifest(className: string, classFile: string, defineFile: string): object {
  const reference = { name: className, module: classFile };
  return {
    schemaVersion: '1.0.0',
    readme: '',
    modules: [
      {
        kind: 'javascript-module',
        path: classFile,
        declarations: [declaration(className)],
        exports: [{ kind: 'js', name: className, declaration: reference }],
      },
      {
        kind: 'javascript-module',
        path: defineFile,
        exports: [{ kind: 'custom-element-definition', name: 'splat-viewer', declaration: reference }],
      },
    ],
  };
}
