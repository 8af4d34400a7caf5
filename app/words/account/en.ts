/** What the page says about an account's stake, rewards and transactions, in English: loaded with the views that say it. */
import type { Act, Spender } from "../../chain/act.ts";

const tasks = (count: number) => `${count} ${count === 1 ? "task" : "tasks"}`;
/** What a refusal's numbers are written with. */
interface Refusal {
  readonly amount: (name: string) => string;
  readonly moment: (name: string) => string;
  readonly text: (name: string) => string;
}

export const en = {
  needsWallet: "Use a wallet, at the top of the page, to see and do this.",
  another: "Another task, by number",
  show: "Show it",
  noSuchTask: "There is no such task.",
  more: "Show more",
  task: (id: number) => `Task ${id}`,
  noAmount: (symbol: string) => `Write an amount of ${symbol} like 12.5.`,
  noAddress: "This is no address.",

  stake: {
    title: "My stake",
    lead: "Stake backs a trainer's word. Each task has its own: what one task takes can never touch what backs another.",
    none: "This account has staked in no task yet. Choose one by its number.",
    holds: (amount: string) => `This account holds ${amount} that it could stake.`,
    staked: "Staked",
    counts: "Counts for entering",
    needed: "Needed to enter",
    thawing: "Thawing",
    until: (moment: string) => `until ${moment}`,
    thawed: "thawed: can be withdrawn",
    nothing: "nothing",
    amount: "Amount",
    deposit: "Deposit",
    thaw: "Thaw",
    withdraw: "Withdraw",
    withdrawFrom: (moment: string) => `Can be withdrawn from ${moment}.`,
    thawTakes: (duration: string) => `Thawing takes ${duration}, the longest that a round of this task can last.`,
    tooMuch: (amount: string) => `This account holds only ${amount}.`,
  },

  rewards: {
    title: "My rewards",
    lead: "What final rounds have earned lies in each task's contract until it is claimed. It never expires.",
    none: "This account has trained in no task yet. Choose one by its number.",
    claimable: "To claim",
    claimed: "Claimed before",
    rounds: "Round by round",
    round: "Round",
    weight: "Weight",
    reward: "Reward",
    noRounds: "No final round of this task has this account in it.",
    pay: "What aggregating and advancing have paid is in the amount to claim as well.",
    claim: "Claim",
    together: "All tasks together",
    togetherLead:
      "Each task holds its own budget, so each claim is a transaction of its own, to be agreed to one by one.",
    ofTask: "Task",
    gas: "Gas, at most about",
    gasOfAll: (amount: string) => `At most about ${amount} of gas for all of these.`,
    claimSome: (count: number, all: number) => `Claim from these ${count} of ${tasks(all)}`,
    shownRounds: (shown: string, all: string) => `The newest ${shown} of ${all} rounds.`,
    claimAll: (count: number) => `Claim from all (${tasks(count)})`,
    nothing: "There is nothing to claim.",
    gasless: "Without gas: sign for a relayer",
    gaslessLead:
      "You sign, which costs nothing, and give the file to anybody who sends it to the chain for you and keeps the fee.",
    recipient: "Pay to",
    fee: "Fee for the relayer",
    valid: "Good for, in hours",
    notValid: "Give a number of hours from 1 to 8760.",
    sign: "Sign a claim",
    download: (file: string) => `Download ${file}`,
    signed: "Signed. Give this file to a relayer; whoever has it can send it, once.",
    relay: "Relay somebody's claim",
    relayLead: "Send a claim that somebody has signed. You pay the gas and are paid the fee.",
    file: "Signed claim",
    notAClaim: "This file is no signed claim. One is made here or by: foedus rewards sign.",
    send: "Send it",
  },

  transaction: {
    dialog: "Transaction",
    step: (number: number) => `Step ${number}`,
    does: "What it does",
    amount: "How much",
    to: "To whom",
    risk: "What can be lost",
    costs: "What it costs",
    by: "Signed by",
    gas: (amount: string) => `at most about ${amount} of gas`,
    free: "Nothing: it is a signature and is not sent to the chain.",
    continue: "Go on in the wallet",
    decline: "Do not",
    close: "Close",
    hide: "Close; it goes on",
    underWay: "A transaction is under way.",
    show: "Show it",
    states: {
      checking: "Asking the contract whether it would take this …",
      explained: "Read it, then go on in the wallet.",
      wallet: "Waiting for you in the wallet …",
      signed: "Signed.",
      sent: "Sent. Waiting for the chain …",
      stuck:
        "Stuck: in no block yet. The network is busy, the fee is too low, or nodes have dropped it. Speed it up or cancel it in the wallet; the page notices what replaces it. Until then, do not begin the same again.",
      unseen:
        "Stuck: in no block yet, and this node has not seen it: it may wait at others, or have been dropped. Should another take its place, the page cannot notice. Look in the wallet, and speed it up or cancel it there. Until then, do not begin the same again.",
      confirmed: (blocks: string, count: number) =>
        `Done: the chain has it, with ${blocks} ${count === 1 ? "confirmation" : "confirmations"}.`,
      final: "Done, and final: the chain cannot take it back.",
    },
    readingEarlier: "Reading what an earlier transaction of this account does …",
    unread: (hash: string, why: string) =>
      `An earlier transaction of this account, ${hash}, may be on its way, and what it does cannot be read (${why}). Look in the wallet what became of it before you begin the same again.`,
    allowanceStands: "The allowance stands. What it was for was not sent: begin that again, and it is used.",
    takenBack: "The chain had it, and has taken it back.",
    stopFollowing: "Stop following",
    stopHint: "This cancels nothing: only the wallet can.",
    unfollowed: "It is followed no more. It may still come into a block: the wallet shows it, and can cancel it.",
    nothingSent: "Nothing was sent.",
    stepNotSent: "This step was not sent; what was sent before it stands.",
    rejected: (unsent: string) => `You have rejected it in the wallet. ${unsent}`,
    elsewhere: (here: string, there: string) =>
      `The wallet is on chain ${here}; this is for chain ${there}. Switch it first.`,
    switch: (chain: string) => `Switch the wallet to chain ${chain}`,
    accountChanged: (unsent: string) =>
      `The wallet is with another account now. ${unsent} Begin again with that account.`,
    chainChanged: (unsent: string) => `The wallet is on another chain now. ${unsent} Switch it, then begin again.`,
    replaced: (by: string | undefined) =>
      by === undefined
        ? "Its number in this account (nonce) is used; whether by this transaction or another could not be found out. Look in the wallet before you begin the same again."
        : `It was replaced by another transaction of this account, ${by}: it was cancelled in the wallet, or the account is used elsewhere too.`,
    failed: (why: string) => `The contract refused. Nothing was changed: ${why}`,
    failedWallet: (why: string) => `The wallet says: ${why}`,
    failedOther: (why: string) => `That did not work: ${why}`,
    noCoin: "This account cannot pay the gas. Send it some of the network's own coin.",
    hash: "Transaction",
    inBlock: (block: string) => `in block ${block}`,
    paid: (amount: string) => `${amount} of gas paid`,
    balance: (before: string, after: string) => `Balance of this account: ${before} before, ${after} now.`,
    vault: "StakeVault",
    foedus: "Foedus",
    tokenContract: "the token",
    taskContract: (id: number) => `task ${id}`,
  },

  acts: {
    permit: {
      title: (amount: string) => `Allow exactly ${amount} to be taken`,
      does: (spender: string, until: string) =>
        `Your signature lets ${spender} take exactly this amount, once and until ${until}. The next step uses it.`,
      risk: "Nothing more than this amount. If you stop after this step, anybody who has the signature can have the allowance written on chain, but only that contract can take it, for you alone.",
    },
    approve: {
      title: (amount: string) => `Allow exactly ${amount} to be taken`,
      does: (spender: string) =>
        `This token knows no permits, so the allowance is a transaction of its own: ${spender} may take exactly this amount. The next step uses it.`,
      risk: "Nothing more than this amount; the allowance is used up by the next step.",
    },
    deposit: {
      title: (amount: string, task: number) => `Stake ${amount} in task ${task}`,
      does: (task: number, thaw: string) =>
        `Puts the amount behind your work in task ${task}. You get it back by thawing, which takes ${thaw}, and withdrawing.`,
      risk: (miss: string, fraud: string) =>
        `${miss} for every deadline you miss in a round that you have entered; up to ${fraud} for every fraud that is proved.`,
    },
    thaw: {
      title: (amount: string, task: number) => `Thaw ${amount} of your stake in task ${task}`,
      does: (thaw: string) => `From now on it does not count for entering rounds. In ${thaw} it can be withdrawn.`,
      again: (amount: string) => ` The ${amount} that thaw already begin anew.`,
      risk: "Until it is withdrawn it can still be taken for missed deadlines and frauds of yours.",
    },
    withdraw: {
      title: (amount: string, task: number) => `Withdraw ${amount} from task ${task}`,
      does: "Settles the rounds you sat in and pays what has thawed to your account.",
      risk: "Nothing but gas. What is still owed for missed deadlines is taken first.",
    },
    claim: {
      title: (amount: string, task: number) => `Claim ${amount} from task ${task}`,
      does: "Pays everything earned in this task, over all rounds that are final.",
      risk: "Nothing but gas.",
    },
    signClaim: {
      title: (task: number) => `Let a relayer claim your rewards of task ${task}`,
      does: (fee: string, until: string) =>
        `Whoever has the signature can claim for you, once and until ${until}. They keep ${fee}; the rest goes to the recipient.`,
      toOther: "The recipient is not this account: you give the rewards away unless that address is yours, too.",
      risk: "The fee. Everything that you will have earned by then is paid, and to the recipient named here only.",
    },
    relayClaim: {
      title: (task: number) => `Relay a claim of task ${task}`,
      does: (trainer: string, fee: string) => `Claims for ${trainer}, who has signed it, and pays you ${fee}.`,
      risk: "Gas, also if somebody else is faster: then it fails.",
    },
    openTask: {
      title: (amount: string) => `Open a task with a budget of ${amount}`,
      does: (rounds: string) => `Pays for ${rounds} rounds. The contract holds the budget and pays trainers from it.`,
      risk: "The budget of every round that becomes final. What is unspent comes back when you cancel or when the task ends.",
    },
  } satisfies Record<Act["kind"], object>,

  resumedAllowance: (spender: string) => ({
    does: `This token knows no permits, so the allowance is a transaction of its own: ${spender} may take exactly this amount.`,
    risk: "Nothing more than this amount; the allowance stands until it is used.",
  }),

  spenders: {
    vault: "the StakeVault",
    foedus: "the Foedus contract",
  } satisfies Record<Spender, string>,

  effects: {
    approved: (amount: string) => `${amount} may be taken now.`,
    deposited: (amount: string) => `${amount} were staked.`,
    thawing: (amount: string, moment: string) => `${amount} are thawing and can be withdrawn from ${moment}.`,
    withdrawn: (amount: string) => `${amount} were paid back to this account.`,
    claimed: (amount: string, recipient: string) => `${amount} were claimed and paid to ${recipient}.`,
    fee: (amount: string) => ` Of it ${amount} went to the relayer.`,
    opened: (id: number) => `Task ${id} is open.`,
    unknown: "The contract wrote nothing about it: there was nothing to do.",
  },

  refusals: {
    InsufficientFreeStake: ({ amount }: Refusal) => `only ${amount("have")} can be thawed, not ${amount("need")}.`,
    StillThawing: ({ moment }: Refusal) => `the stake thaws until ${moment("thawedAt")}. Try again then.`,
    NothingThawing: () => "nothing is thawing. Thaw some stake first.",
    RoundStillOpen: ({ text }: Refusal) => `round ${text("round")}, in which you sit, is not over. Wait for its end.`,
    ZeroAmount: () => "the amount is zero.",
    ERC20InsufficientBalance: ({ amount }: Refusal) =>
      `the account holds ${amount("balance")}, and ${amount("needed")} are needed.`,
    ERC20InsufficientAllowance: ({ amount }: Refusal) =>
      `${amount("allowance")} may be taken, and ${amount("needed")} are needed.`,
    SignatureExpired: ({ moment }: Refusal) => `the signature was good until ${moment("deadline")}. Ask for a new one.`,
    WrongSigner: ({ text }: Refusal) =>
      `the signature is not one of ${text("trainer")} for these terms, or it was used already.`,
    FeeAboveReward: ({ amount }: Refusal) => `the fee of ${amount("fee")} exceeds the reward of ${amount("reward")}.`,
    TaskIsClosed: () => "the task is closed.",
  } satisfies Record<string, (refusal: Refusal) => string>,
};

export type AccountWords = typeof en;
