/**
 * An element without a browser: what the viewer's layers ask of the nodes of the shadow tree.
 * Invariant: attributes, classes and children are as they were last set; nothing is laid out.
 */
export class FakeElement extends EventTarget {
  attributes: Record<string, string> = {};
  classes = new Set<string>();
  children: FakeElement[] = [];
  style: Record<string, string> = {};
  dataset: Record<string, string> = {};
  hidden = false;
  textContent = '';
  slot = '';
  title = '';
  parent: FakeElement | null = null;
  ownerDocument = { baseURI: 'https://a.example/', createElement: () => new FakeElement() };
  classList = {
    add: (name: string) => void this.classes.add(name),
    remove: (name: string) => void this.classes.delete(name),
    toggle: (name: string, on: boolean) => void (on ? this.classes.add(name) : this.classes.delete(name)),
  };

  getAttribute(name: string): string | null {
    return this.attributes[name] ?? null;
  }
  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  removeAttribute(name: string): void {
    delete this.attributes[name];
  }
  hasAttribute(name: string): boolean {
    return name in this.attributes;
  }
  toggleAttribute(name: string, on: boolean): void {
    if (on) this.attributes[name] = '';
    else delete this.attributes[name];
  }
  append(...nodes: FakeElement[]): void {
    for (const node of nodes) {
      node.parent = this;
      this.children.push(node);
    }
  }
  appendChild(node: FakeElement): FakeElement {
    this.append(node);
    return node;
  }
  remove(): void {
    if (this.parent) this.parent.children = this.parent.children.filter((child) => child !== this);
  }
  replaceChildren(...nodes: FakeElement[]): void {
    this.children = [];
    this.append(...nodes);
  }
  querySelector(): FakeElement | null {
    return null;
  }
  assignedElements(): FakeElement[] {
    return [];
  }
}
