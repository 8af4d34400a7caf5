/**
 * The kernels of the host on WASM. All are one product of matrices. A convolution's left side is the padded image, in which
 * the patch around a pixel is `window` rows of `window * channels` floats; the gradient by the filter is a sum over pixels
 * of the same patches, transposed; that by the image is a convolution with the filter turned by 180 degrees, its channels
 * exchanged (Dumoulin and Visin 2016, https://arxiv.org/abs/1603.07285).
 */
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs-core";
import type { HostKernels } from "../host/kernels.ts";
import type { Heap } from "./heap.ts";
import { multiply } from "./product.ts";
import { productModule } from "./productModule.ts";

const FLOAT = 4;
const ONE_SEGMENT = Int32Array.of(0);

export function wasmKernels(heap: Heap): HostKernels {
  const module = productModule(heap.memory);

  function convolveWith(images: Tensor4D, filter: Tensor4D, before: number, bias?: Tensor1D): Tensor4D {
    const [window, , channels, filters] = filter.shape;
    const padded = pad(heap, images, window, before);
    const out = heap.allocate<Tensor4D>([...images.shape.slice(0, 3), filters]);
    multiply(heap, module, {
      ...{ left: heap.address(padded), rows: pixels(images, window), segments: patchRows(padded, window) },
      ...{ length: window * channels, step: FLOAT },
      ...{ right: heap.address(filter), rightStrides: [FLOAT * filters, FLOAT], columns: filters },
      out: heap.address(out),
      ...(bias === undefined ? {} : { bias: heap.address(bias), isRectified: true }),
    });
    return out;
  }

  return {
    product(left, right, transpose) {
      const [rows, depth] = transpose === "left" ? [left.shape[1], left.shape[0]] : left.shape;
      const columns = right.shape[transpose === "right" ? 0 : 1];
      const [rowStride, step] = transpose === "left" ? [FLOAT, FLOAT * rows] : [FLOAT * depth, FLOAT];
      const out = heap.allocate<Tensor2D>([rows, columns]);
      multiply(heap, module, {
        ...{ left: heap.address(left), rows: multiples(rows, rowStride), segments: ONE_SEGMENT, length: depth, step },
        right: heap.address(right),
        rightStrides: transpose === "right" ? [FLOAT, FLOAT * depth] : [FLOAT * columns, FLOAT],
        ...{ columns, out: heap.address(out) },
      });
      return out;
    },

    convolve: (images, filter, bias) => convolveWith(images, filter, paddingBefore(filter.shape[0]), bias),

    filterGradient(images, gradient, window) {
      const [samples, height, width, channels] = images.shape;
      const filters = gradient.shape[3];
      const padded = pad(heap, images, window, paddingBefore(window));
      const [, paddedHeight, paddedWidth] = padded.shape;
      const rowBytes = FLOAT * paddedWidth * channels;
      const out = heap.allocate<Tensor4D>([window, window, channels, filters]);
      multiply(heap, module, {
        left: heap.address(padded),
        // Of a patch, row after row.
        rows: grid(window, rowBytes, window * channels, FLOAT),
        segments: grid(samples, paddedHeight * rowBytes, height, rowBytes),
        ...{ length: width, step: FLOAT * channels },
        ...{ right: heap.address(gradient), rightStrides: [FLOAT * filters, FLOAT], columns: filters },
        out: heap.address(out),
      });
      return out;
    },

    imageGradient(gradient, filter) {
      const window = filter.shape[0];
      // What padding gave to the way forward is missing here, and the other way round.
      return convolveWith(gradient, turned(heap, filter), window - 1 - paddingBefore(window));
    },
  };
}

/** "same" padding as TensorFlow has it: of an even window the larger part comes behind. */
function paddingBefore(window: number): number {
  return (window - 1) >> 1;
}

/** Zeros around each image, `before` rows and columns in front and window - 1 in all. */
function pad(heap: Heap, images: Tensor4D, window: number, before: number): Tensor4D {
  const [samples, height, width, channels] = images.shape;
  const padded = heap.allocate<Tensor4D>([samples, height + window - 1, width + window - 1, channels]);
  const [from, to] = [heap.address(images) / FLOAT, heap.address(padded) / FLOAT];
  const floats = heap.floats();
  floats.fill(0, to, to + padded.size);
  const size = width * channels;
  const stride = (width + window - 1) * channels;
  for (let row = 0; row < samples * height; row++) {
    const above = Math.floor(row / height) * (window - 1) + before;
    const source = from + row * size;
    floats.copyWithin(to + (row + above) * stride + before * channels, source, source + size);
  }
  return padded;
}

/** Where the patch of each pixel begins in the padded images. */
function pixels({ shape: [samples, height, width, channels] }: Tensor4D, window: number): Int32Array {
  const pixel = FLOAT * channels;
  const row = pixel * (width + window - 1);
  const inOneImage = grid(height, row, width, pixel);
  const offsets = new Int32Array(samples * inOneImage.length);
  const image = row * (height + window - 1);
  for (let sample = 0, at = 0; sample < samples; sample++) {
    for (let i = 0; i < inOneImage.length; i++, at++) offsets[at] = sample * image + (inOneImage[i] as number);
  }
  return offsets;
}

/** Where the rows of a patch begin. */
function patchRows({ shape: [, , width, channels] }: Tensor4D, window: number): Int32Array {
  return multiples(window, FLOAT * width * channels);
}

function multiples(count: number, stride: number): Int32Array {
  return grid(count, stride, 1, 0);
}

/** Offsets of a grid's points, row after row. */
function grid(rows: number, rowStride: number, columns: number, columnStride: number): Int32Array {
  const offsets = new Int32Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) offsets[at] = row * rowStride + column * columnStride;
  }
  return offsets;
}

/** The filter turned by 180 degrees, its channels exchanged. */
function turned(heap: Heap, filter: Tensor4D): Tensor4D {
  const [height, width, channels, filters] = filter.shape;
  const out = heap.allocate<Tensor4D>([height, width, filters, channels]);
  const [from, to] = [heap.address(filter) / FLOAT, heap.address(out) / FLOAT];
  const floats = heap.floats();
  const places = height * width;
  for (let place = 0, source = from; place < places; place++) {
    const target = to + (places - 1 - place) * channels * filters;
    for (let channel = 0; channel < channels; channel++) {
      for (let i = 0; i < filters; i++, source++) floats[target + i * channels + channel] = floats[source] as number;
    }
  }
  return out;
}
