"""JAX: the natural function under jit, results brought to NumPy within the timing. The default generator, threefry, is also the
fastest one here."""

import os

from protocol import THREADS, Case, Operations, modules, serve

# XLA takes its threads from the cores it may use, when it is loaded.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
os.environ["JAX_PLATFORMS"] = "cpu"

jax, np = modules("jax", "numpy")
jnp = jax.numpy


def gumbel(key, z):
    return jax.random.gumbel(key, z.shape, jnp.float32)


def soft(key, z, tau):
    return jax.nn.softmax((z + gumbel(key, z)) / tau, 1)


def hard(key, z, tau):
    y = soft(key, z, tau)
    # argmax of the comparison: XLA's argmax of the values themselves would form the noise several times.
    winner = (y == y.max(1, keepdims=True)).argmax(1)
    one_hot = jax.nn.one_hot(winner, y.shape[1], axis=1, dtype=y.dtype)
    return jax.lax.stop_gradient(one_hot - y) + y


def hard_backward(key, z, c, tau):
    forward, gradient = jax.vjp(lambda z: hard(key, z, tau), z)
    return forward, gradient(c)[0]


def categorical(key, z):
    """A cumulative sum and one uniform a row: three to seven times as fast as jax.random.categorical here."""
    sums = jnp.cumsum(jax.nn.softmax(z, 1), 1)
    total = sums[:, -1:]
    return (sums < jax.random.uniform(key, total.shape) * total).sum(1)


def operations(case: Case) -> Operations:
    z = jnp.asarray(case.logits)
    c = jnp.asarray(case.cotangent)
    tau = case.tau
    seed = 0

    def compiled(function, *arguments):
        fast = jax.jit(function)

        def call():
            nonlocal seed
            seed += 1
            return jax.block_until_ready(fast(jax.random.key(seed), *arguments))

        return call

    def host(call):
        return lambda: np.asarray(call())

    backward = compiled(hard_backward, z, c, tau)
    return {
        "noise": host(compiled(gumbel, z)),
        "softmax": host(compiled(lambda key, z, tau: jax.nn.softmax(z / tau, 1), z, tau)),
        "soft": host(compiled(soft, z, tau)),
        "hard": host(compiled(hard, z, tau)),
        "hardBackward": lambda: [np.asarray(part) for part in backward()][1],
        "categorical": host(compiled(categorical, z)),
    }


serve("JAX jit", ["jax", "jaxlib"], operations)
