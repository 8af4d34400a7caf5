// The part of domino that the charts need: its own types name another module and lean on the browser's.
declare module "@mixmark-io/domino" {
  const domino: { createDocument(html?: string): object };
  export default domino;
}
