/** An image for a model: drawn with a pen, a finger or the mouse where it is grey, or read from a file and scaled. */
import { useRef } from "preact/hooks";
import type { DataSchema } from "../../../trainer/learning/datasets/dataSchema.ts";
import { dataShape } from "../../../trainer/learning/datasets/dataSchema.ts";
import { asMnist, shrunk } from "../../model/digit.ts";
import type { Drawing } from "../../model/digit.ts";
import { words } from "../../words/words.ts";

const SIDE = 280;
const PEN = 22;
const MAX_FILE_BYTES = 32 * 1024 * 1024;

export function ImageInput(props: {
  readonly schema: Exclude<DataSchema, { readonly kind: "csv" }>;
  readonly onRow: (row: Float32Array | undefined) => void;
}) {
  const { schema, onRow } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const w = words.value.model;
  const [height = 1, width = 1, channels = 1] = dataShape(schema).shape;
  const pen = () => {
    const context = canvas.current!.getContext("2d", { willReadFrequently: true })!;
    Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#ffffff" });
    return context;
  };
  const at = (event: PointerEvent): [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  const readDrawing = () => {
    const drawing = greyOf(pen().getImageData(0, 0, SIDE, SIDE));
    const whole = { left: 0, top: 0, right: SIDE, bottom: SIDE };
    onRow(schema.kind === "mnist" ? asMnist(drawing) : shrunk(drawing, whole, width, height).values);
  };
  const clear = () => {
    pen().clearRect(0, 0, SIDE, SIDE);
    onRow(undefined);
  };
  const readFile = async (file: File | undefined) => {
    if (file === undefined || file.size > MAX_FILE_BYTES) return;
    const side =
      channels === 1 ? { resizeWidth: SIDE, resizeHeight: SIDE } : { resizeWidth: width, resizeHeight: height };
    const scaled = await createImageBitmap(file, { ...side, resizeQuality: "high" });
    if (channels === 1) {
      pen().drawImage(scaled, 0, 0);
      readDrawing();
      return;
    }
    const small = new OffscreenCanvas(width, height).getContext("2d")!;
    small.drawImage(scaled, 0, 0);
    onRow(coloursOf(small.getImageData(0, 0, width, height)));
  };
  return (
    <div class="image-input">
      {channels === 1 ? (
        <>
          <p id="draw-hint">{w.drawHint}</p>
          <canvas
            ref={canvas}
            width={SIDE}
            height={SIDE}
            role="img"
            aria-label={w.drawHere}
            aria-describedby="draw-hint"
            onPointerDown={(event) => {
              canvas.current!.setPointerCapture(event.pointerId);
              const context = pen();
              context.beginPath();
              context.moveTo(...at(event));
              context.lineTo(...at(event));
              context.stroke();
            }}
            onPointerMove={(event) => {
              if (event.buttons === 0) return;
              const context = pen();
              context.lineTo(...at(event));
              context.stroke();
            }}
            onPointerUp={readDrawing}
          />
          <p>
            <button type="button" onClick={clear}>
              {w.clear}
            </button>
          </p>
        </>
      ) : null}
      <label class="field">
        <span>{w.orFile}</span>
        <input
          type="file"
          accept="image/*"
          onChange={(event) => void readFile(event.currentTarget.files?.[0]).catch(() => onRow(undefined))}
        />
      </label>
    </div>
  );
}

/** Grey by the weights of ITU-R BT.601, on black. */
function greyOf({ data, width, height }: ImageData): Drawing {
  const values = new Float32Array(width * height);
  for (let pixel = 0; pixel < values.length; pixel++) {
    const [red, green, blue, opacity] = [0, 1, 2, 3].map((part) => data[4 * pixel + part]! / 255) as Pixel;
    values[pixel] = opacity * (0.299 * red + 0.587 * green + 0.114 * blue);
  }
  return { values, width, height };
}

type Pixel = [number, number, number, number];

/** Red, green and blue of one pixel after another, from 0 to 1. */
function coloursOf({ data }: ImageData): Float32Array {
  return Float32Array.from(
    { length: (data.length / 4) * 3 },
    (_, at) => data[4 * Math.floor(at / 3) + (at % 3)]! / 255,
  );
}
