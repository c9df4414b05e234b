"""PyTorch as its documentation has it: F.gumbel_softmax, autograd, torch.multinomial."""

from protocol import THREADS, Case, Operations, modules, serve

(torch,) = modules("torch")
F = torch.nn.functional
torch.set_num_threads(THREADS)


def operations(case: Case) -> Operations:
    z = torch.from_numpy(case.logits)
    c = torch.from_numpy(case.cotangent)
    tau = case.tau
    leaf = z.clone().requires_grad_()
    # One row of probabilities for each index; torch.multinomial takes classes along the last dimension.
    classes_last = z if z.dim() == 2 else z.movedim(1, 2).flatten(0, 1)

    def noise():
        return -torch.empty_like(z).exponential_().log()

    def hard_backward():
        (gradient,) = torch.autograd.grad(F.gumbel_softmax(leaf, tau=tau, hard=True, dim=1), leaf, c)
        return gradient

    def categorical():
        # Accepts probabilities that do not sum to 1, but no logits.
        return torch.multinomial(torch.softmax(classes_last, 1), 1)

    return {
        "noise": noise,
        "softmax": lambda: torch.softmax(z / tau, 1),
        "soft": lambda: F.gumbel_softmax(z, tau=tau, dim=1),
        "hard": lambda: F.gumbel_softmax(z, tau=tau, hard=True, dim=1),
        "hardBackward": hard_backward,
        "categorical": categorical,
    }


serve("PyTorch eager", ["torch"], operations)
