"""The natural function of each operation through torch.compile; compiled at the first call of a shape, before the timing."""

import os
import shutil

from protocol import THREADS, Case, Operations, modules, serve

(torch,) = modules("torch")
F = torch.nn.functional
torch.set_num_threads(THREADS)


def gumbel(z):
    return -torch.empty_like(z).exponential_().log()


def soft(z, tau):
    return torch.softmax((z + gumbel(z)) / tau, 1)


def straight_through(z, tau):
    y = soft(z, tau)
    hard = torch.zeros_like(y).scatter_(1, y.argmax(1, keepdim=True), 1.0)
    return hard, y


def hard(z, tau):
    return straight_through(z, tau)[0]


def hard_backward(z, c, tau):
    one_hot, y = straight_through(z, tau)
    return one_hot, y * (c - (c * y).sum(1, keepdim=True)) / tau


def operations(case: Case) -> Operations:
    z = torch.from_numpy(case.logits)
    c = torch.from_numpy(case.cotangent)
    tau = case.tau

    def compiled(function, *arguments):
        fast = torch.compile(function, dynamic=False)

        def call():
            with torch.no_grad():
                return fast(*arguments)

        return call

    backward = compiled(hard_backward, z, c, tau)
    return {
        "noise": compiled(gumbel, z),
        "softmax": compiled(lambda z, tau: torch.softmax(z / tau, 1), z, tau),
        "soft": compiled(soft, z, tau),
        "hard": compiled(hard, z, tau),
        "hardBackward": lambda: backward()[1],
        "categorical": compiled(lambda z: (z + gumbel(z)).argmax(1), z),
    }


if shutil.which(os.environ.get("CXX", "g++")):
    torch._dynamo.config.recompile_limit = 64
    serve("PyTorch compiled", ["torch"], operations)
else:
    print('{"unavailable":"torch.compile needs a C++ compiler"}')
