/** Programs and their uniforms. Invariant: a shader that does not compile is a bug of ours and is thrown with the driver's log. */

export interface GlProgram {
  use(): void;
  /** Where a uniform is; null when the driver has removed it, which WebGL takes as "do nothing". */
  at(name: string): WebGLUniformLocation | null;
  dispose(): void;
}

function compile(gl: WebGL2RenderingContext, type: GLenum, code: string): WebGLShader {
  const shader = gl.createShader(type);
  if (!shader) throw new Error('The context made no shader.');
  gl.shaderSource(shader, code);
  gl.compileShader(shader);
  return shader;
}

/** Compiles and links. On a lost context everything is a no-op. */
export function createProgram(gl: WebGL2RenderingContext, vertexCode: string, fragmentCode: string): GlProgram {
  const program = gl.createProgram();
  const shaders = [compile(gl, gl.VERTEX_SHADER, vertexCode), compile(gl, gl.FRAGMENT_SHADER, fragmentCode)];
  for (const shader of shaders) gl.attachShader(program, shader);
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = [gl.getProgramInfoLog(program), ...shaders.map((shader) => gl.getShaderInfoLog(shader))];
    throw new Error(`A shader was refused: ${logs.filter(Boolean).join('\n')}`);
  }
  for (const shader of shaders) gl.deleteShader(shader);
  const locations = new Map<string, WebGLUniformLocation | null>();
  return {
    use: () => gl.useProgram(program),
    at(name) {
      let location = locations.get(name);
      if (location === undefined) locations.set(name, (location = gl.getUniformLocation(program, name)));
      return location;
    },
    dispose: () => gl.deleteProgram(program),
  };
}
