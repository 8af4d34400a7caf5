// A worker thread of streamThreads.ts: says that it is ready, then adds streams to one slice after another.

import { parentPort } from "node:worker_threads";
import { addStreams } from "./maskStream.ts";
import type { SliceRequest } from "./streamThreads.ts";

if (parentPort === null) throw new Error("This file runs as a worker thread only. Import streamThreads.ts instead.");
const port = parentPort;
port.on("message", ({ lanes, firstLane, streams }: SliceRequest) => {
  addStreams(lanes, streams, firstLane);
  port.postMessage(lanes, [lanes.buffer]);
});
port.postMessage("ready");
