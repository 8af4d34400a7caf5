/** Bytes of this page as a file that the browser keeps. */
import type { ComponentChildren } from "preact";

const FREED_AFTER_MS = 60_000;

export function SaveFile(props: {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isMain?: boolean;
  readonly children: ComponentChildren;
}) {
  const { name, bytes, isMain = false, children } = props;
  const save = () => {
    const url = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), FREED_AFTER_MS);
  };
  return (
    <button type="button" class={isMain ? "primary" : undefined} onClick={save}>
      {children}
    </button>
  );
}
