/** What the wallet is asked to sign, in words: what it does, how much, to whom, and what can be lost. */
import type { Act } from "../../chain/act.ts";
import { accountWords } from "../../words/account/words.ts";
import { duration } from "../../words/duration.ts";
import { moment, number } from "../../words/words.ts";

export interface Explanation {
  readonly title: string;
  readonly does: string;
  readonly amount: string;
  /** The contract that is called or signed for, as people know it. */
  readonly contract: string;
  /** Who is paid, where the signer chooses it. */
  readonly recipient?: string;
  readonly risk: string;
}

export interface Units {
  /** Wei of the act's token as a text. */
  readonly paid: (wei: bigint) => string;
  /** Wei of the stake token as a text. */
  readonly staked: (wei: bigint) => string;
}

export function explanationOf(act: Act, account: string, { paid, staked }: Units): Explanation {
  const w = accountWords.value;
  const amount = paid(act.amount);
  const { vault, foedus, tokenContract, taskContract } = w.transaction;
  switch (act.kind) {
    case "permit": {
      const { title, does, risk } = w.acts.permit;
      const said = does(w.spenders[act.spender], moment(act.deadline));
      return { title: title(amount), does: said, amount, contract: tokenContract, risk };
    }
    case "approve": {
      const { title, does, risk } = w.acts.approve;
      return { title: title(amount), does: does(w.spenders[act.spender]), amount, contract: tokenContract, risk };
    }
    case "deposit": {
      const { id, rules } = act.opened;
      const { title, does, risk } = w.acts.deposit;
      const lost = risk(staked(rules.missFine), staked(rules.fraudFine));
      const said = does(id, duration(act.thawSeconds));
      return { title: title(amount, id), does: said, amount, contract: vault, risk: lost };
    }
    case "thaw": {
      const { title, does, again, risk } = w.acts.thaw;
      const said = does(duration(act.thawSeconds)) + (act.thawing > 0n ? again(paid(act.thawing)) : "");
      return { title: title(amount, act.opened.id), does: said, amount, contract: vault, risk };
    }
    case "withdraw": {
      const { title, ...rest } = w.acts.withdraw;
      return { title: title(amount, act.opened.id), amount, contract: vault, ...rest };
    }
    case "claim": {
      const { title, ...rest } = w.acts.claim;
      const { id } = act.opened;
      return { title: title(amount, id), amount, contract: taskContract(id), recipient: act.trainer, ...rest };
    }
    case "signClaim": {
      const { title, does, toOther, risk } = w.acts.signClaim;
      const { opened, recipient, fee, deadline } = act;
      return {
        title: title(opened.id),
        does: does(paid(fee), moment(deadline)),
        amount,
        contract: taskContract(opened.id),
        recipient,
        risk: recipient === account ? risk : `${toOther} ${risk}`,
      };
    }
    case "relayClaim": {
      const { title, does, risk } = w.acts.relayClaim;
      const { opened, trainer, recipient, fee } = act;
      const said = does(trainer, paid(fee));
      return { title: title(opened.id), does: said, amount, contract: taskContract(opened.id), recipient, risk };
    }
    case "openTask": {
      const { title, does, risk } = w.acts.openTask;
      return { title: title(amount), does: does(number(act.rounds)), amount, contract: foedus, risk };
    }
  }
}
