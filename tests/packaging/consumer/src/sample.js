// What a user of the package writes: one sample with a known answer, and work large enough for two threads.
import { load } from "gumbel-softmax";

export async function sample() {
  const one = await load();
  const two = await load({ threads: 2 });
  const logits = { data: new Float32Array(2048 * 128), shape: [2048, 128] };
  const alone = one.gumbelSoftmax(logits, { seed: 44 }).data;
  const shared = two.gumbelSoftmax(logits, { seed: 44 }).data;
  return {
    data: [...two.gumbelSoftmax([[2, 0.5, -1]], { tau: 0.5, hard: true, seed: 44 }).data],
    different: shared.filter((value, i) => value !== alone[i]).length,
    threads: two.threads,
    threadsUnavailable: two.threadsUnavailable ?? null,
  };
}
