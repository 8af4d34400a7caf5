/** All that is shown inside another page's frame, which could lay something else over what one is asked to agree to. */
import { words } from "../../words/words.ts";

export function Framed() {
  const w = words.value.page;
  return (
    <p class="framed">
      {w.framed}{" "}
      <a href={location.href} target="_blank" rel="noopener">
        {w.unframe}
      </a>
    </p>
  );
}
