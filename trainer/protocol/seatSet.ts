// A set of seats as the contracts write it: one word, in which bit s stands for seat s.

/** The word for some seats. */
export function seatBits(seats: Iterable<number>): bigint {
  let bits = 0n;
  for (const seat of seats) bits |= 1n << BigInt(seat);
  return bits;
}

/** The seats of a word, ascending. */
export function seatsIn(bits: bigint): number[] {
  const seats: number[] = [];
  for (let seat = 0, left = bits; left !== 0n; seat++, left >>= 1n) if ((left & 1n) === 1n) seats.push(seat);
  return seats;
}
