/** Milliseconds of the processor that `act` takes, all threads together: the same on a machine that is busy with other things. */
export async function processorTime(act: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3;
}
