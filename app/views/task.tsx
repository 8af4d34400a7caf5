/** One task. */
import type { ViewProps } from "../views.ts";
import { words } from "../words/words.ts";

export default function TaskView({ parts }: ViewProps) {
  return <h1>{words.value.tasks.name(Number(parts[0]))}</h1>;
}
