/**
 * A drawn digit as MNIST has them (LeCun et al. 1998): scaled to fit 20 by 20 pixels with its proportions, and placed so that
 * its centre of mass lies in the middle of 28 by 28.
 */

/** Values from 0 (ground) to 1 (ink), row after row. */
export interface Drawing {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

const SIDE = 28;
const BOX = 20;
/** Fainter than this is ground. */
const INK = 0.1;

/** 28 by 28 values; undefined of an empty drawing. Dark ink on a light ground is turned round. */
export function asMnist(given: Drawing): Float32Array<ArrayBuffer> | undefined {
  const drawing = isLight(given) ? { ...given, values: given.values.map((value) => 1 - value) } : given;
  const box = inkBox(drawing);
  if (box === undefined) return undefined;
  const scale = BOX / Math.max(box.right - box.left, box.bottom - box.top);
  const width = Math.max(1, Math.round((box.right - box.left) * scale));
  const height = Math.max(1, Math.round((box.bottom - box.top) * scale));
  const small = shrunk(drawing, box, width, height);
  const { x, y } = centreOfMass(small);
  const placed = new Float32Array(SIDE * SIDE);
  const [left, top] = [Math.round(SIDE / 2 - x), Math.round(SIDE / 2 - y)];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [atX, atY] = [left + column, top + row];
      if (atX < 0 || atX >= SIDE || atY < 0 || atY >= SIDE) continue;
      placed[atY * SIDE + atX] = small.values[row * width + column]!;
    }
  }
  return placed;
}

/** By its edge: what is drawn lies inside. */
function isLight({ values, width, height }: Drawing): boolean {
  const edge = values.filter((_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  });
  return edge.reduce((sum, value) => sum + value, 0) > edge.length / 2;
}

interface Box {
  readonly left: number;
  readonly top: number;
  /** Behind the last one. */
  readonly right: number;
  readonly bottom: number;
}

function inkBox({ values, width, height }: Drawing): Box | undefined {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let at = 0; at < values.length; at++) {
    if (values[at]! < INK) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  return right === 0 ? undefined : { left, top, right, bottom };
}

/** A part of a picture in fewer or more pixels: each the mean of what it covers. */
export function shrunk(
  { values, width }: Drawing,
  { left, top, right, bottom }: Box,
  toWidth: number,
  toHeight: number,
): Drawing {
  const small = new Float32Array(toWidth * toHeight);
  const [stepX, stepY] = [(right - left) / toWidth, (bottom - top) / toHeight];
  for (let row = 0; row < toHeight; row++) {
    const [fromY, toY] = [top + row * stepY, top + (row + 1) * stepY];
    for (let column = 0; column < toWidth; column++) {
      const [fromX, toX] = [left + column * stepX, left + (column + 1) * stepX];
      let sum = 0;
      for (let y = Math.floor(fromY); y < toY; y++) {
        const tall = Math.min(y + 1, toY) - Math.max(y, fromY);
        for (let x = Math.floor(fromX); x < toX; x++) {
          const wide = Math.min(x + 1, toX) - Math.max(x, fromX);
          sum += tall * wide * (values[Math.min(y, bottom - 1) * width + Math.min(x, right - 1)] ?? 0);
        }
      }
      small[row * toWidth + column] = sum / (stepX * stepY);
    }
  }
  return { values: small, width: toWidth, height: toHeight };
}

function centreOfMass({ values, width }: Drawing): { x: number; y: number } {
  let [mass, x, y] = [0, 0, 0];
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    mass += value;
    x += value * ((at % width) + 0.5);
    y += value * (Math.floor(at / width) + 0.5);
  }
  return { x: x / mass, y: y / mass };
}
