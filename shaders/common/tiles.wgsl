// Which tiles a projected splat touches: for every tile row the ellipse alpha = 1/255 is cut exactly (scan-line form of the tight tile
// test, as in Speedy-Splat, Hanson et al. 2025). TILE is an override constant of the including kernel.
// Invariant: a tile that holds a point with alpha >= 1/255 is never left out.

struct TileRow { first: i32, end: i32 } // tiles [first, end) of the row

// The span of row `row`. p: u, v, _, opacity; conic: a, b, c. extent: half box.
fn tile_row_span(u: f32, v: f32, conic: vec3f, opacity: f32, extent: vec2f, row: i32) -> TileRow {
  let reach = 2.0 * log(255.0 * opacity);
  let top = f32(row) * f32(TILE) - v;
  let bottom = top + f32(TILE);
  // x extremes of the ellipse lie at dy = -+ b/c * dx_max; inside the row they count, else the row's nearer edge does.
  let y_at_max = -conic.y / conic.z * extent.x;
  let dy_right = clamp(y_at_max, top, bottom);
  let dy_left = clamp(-y_at_max, top, bottom);
  let det = conic.x * conic.z - conic.y * conic.y;
  let root_right = sqrt(max(conic.x * reach - det * dy_right * dy_right, 0.0));
  let root_left = sqrt(max(conic.x * reach - det * dy_left * dy_left, 0.0));
  let right = (-conic.y * dy_right + root_right) / conic.x;
  let left = (-conic.y * dy_left - root_left) / conic.x;
  let slack = 1e-3 + 1e-5 * extent.x;
  let first = clamp(i32(floor((u + left - slack) / f32(TILE))), 0, i32(step.tiles_x));
  let end = clamp(i32(floor((u + right + slack) / f32(TILE))) + 1, first, i32(step.tiles_x));
  return TileRow(first, end);
}

struct RowRange { first: i32, end: i32 }

fn tile_rows(v: f32, extent_y: f32) -> RowRange {
  let first = clamp(i32(floor((v - extent_y - 1e-3) / f32(TILE))), 0, i32(step.tiles_y));
  let end = clamp(i32(floor((v + extent_y + 1e-3) / f32(TILE))) + 1, first, i32(step.tiles_y));
  return RowRange(first, end);
}
