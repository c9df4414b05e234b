"""PyTorch in the fastest eager form found: no autograd, every step in place, buffers made once.

Noise is -log(-log(rand)): four times as fast as exponential_.
"""

from protocol import THREADS, Case, Operations, modules, serve

(torch,) = modules("torch")
torch.set_num_threads(THREADS)
torch.set_grad_enabled(False)


def operations(case: Case) -> Operations:
    z = torch.from_numpy(case.logits)
    c = torch.from_numpy(case.cotangent)
    tau = case.tau
    classes_last = z if z.dim() == 2 else z.movedim(1, 2).flatten(0, 1)
    p = torch.empty_like(z)
    y = torch.empty_like(z)
    out = torch.empty_like(z)
    index = torch.empty(z.select(1, 0).shape, dtype=torch.int64).unsqueeze(1)
    best = torch.empty(index.shape)

    # rand gives 0 once in 2^24 draws, and the noise is -Infinity there: such a class cannot win, and its soft value is 0.
    def exponential():
        return torch.rand(z.shape, out=p).log_().neg_()

    def noise():
        return exponential().log_().neg_()

    def perturbed():
        return torch.sub(z, exponential().log_(), out=p)

    def winners():
        torch.max(perturbed(), 1, keepdim=True, out=(best, index))
        return index

    def hard():
        return out.zero_().scatter_(1, winners(), 1.0)

    def hard_backward():
        hard()
        torch.softmax(p.div_(tau), 1, out=y)
        # y*(c - <c, y>) in one pass; what autograd calls, too.
        return torch.ops.aten._softmax_backward_data(c, y, 1, y.dtype).div_(tau)

    # A cumulative sum and one uniform a row; softmax over few classes is slow enough to make Gumbel-max the faster way.
    def categorical():
        if classes_last.shape[1] < 16:
            return winners()
        sums = torch.softmax(classes_last, 1).cumsum_(1)
        return torch.searchsorted(sums, torch.rand(len(sums), 1).mul_(sums[:, -1:]))

    return {
        "noise": noise,
        "softmax": lambda: torch.softmax(torch.div(z, tau, out=p), 1, out=y),
        "soft": lambda: torch.softmax(perturbed().div_(tau), 1, out=y),
        "hard": hard,
        "hardBackward": hard_backward,
        "categorical": categorical,
    }


serve("PyTorch by hand", ["torch"], operations)
