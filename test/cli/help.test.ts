import { expect } from "chai";
import type { Command } from "commander";
import { foedusCommand } from "../../trainer/cli/program.ts";

const program = foedusCommand();

function leaves(command: Command, path: readonly string[]): { path: string; command: Command }[] {
  if (command.commands.length === 0) return [{ path: path.join(" "), command }];
  return command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

/** What --help prints, with what was added after it. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 });
  command.outputHelp();
  return text;
}

describe("foedus --help", () => {
  const commands = leaves(program, ["foedus"]);

  it("lists every command there is", () => {
    expect(commands.map(({ path }) => path)).to.have.members([
      ...["open", "list", "show", "advance", "cancel"].map((name) => `foedus task ${name}`),
      "foedus trainer run",
      "foedus watch",
      ...["deposit", "thaw", "withdraw", "show"].map((name) => `foedus stake ${name}`),
      ...["show", "claim", "sign", "relay"].map((name) => `foedus rewards ${name}`),
      ...["fetch", "evaluate", "predict"].map((name) => `foedus model ${name}`),
      ...["new", "show"].map((name) => `foedus keys ${name}`),
      "foedus status",
      "foedus top",
      "foedus serve",
      "foedus doctor",
    ]);
  });

  for (const { path, command } of commands) {
    it(`${path}: says what it does and gives an example`, () => {
      const help = helpOf(command);
      expect(command.description()).not.to.equal("");
      expect(help).to.match(/Examples?:\n/);
      expect(help).to.include(`$ ${path}`);
      expect(help).to.include("--json");
      for (const option of command.options) expect(option.description, option.flags).not.to.equal("");
    });
  }

  it("never offers a place for a private key or a password on the command line", () => {
    for (const { path, command } of commands) {
      for (const { long } of command.options)
        expect(long, path).not.to.match(/^--(private-?key|password|key|mnemonic)$/);
    }
  });

  it("shows a trainer's first steps", () => {
    expect(helpOf(program)).to.include("$ foedus trainer run 1");
  });
});
