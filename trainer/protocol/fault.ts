/**
 * What is wrong with something that people wrote, as a name with the numbers that it speaks of. It goes with its English
 * sentence, so that other languages can say the same.
 */
export type Fault<Numbers, Name extends keyof Numbers = keyof Numbers> = {
  [N in Name]: { readonly fault: N } & Numbers[N];
}[Name];
