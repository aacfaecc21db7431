/** What `cloudflare:workers` gives the tests: the Worker's own bindings. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('../../cloud/index.ts');
  }
  interface Env extends Omit<import('../../cloud/env.ts').Env, never> {}
}
