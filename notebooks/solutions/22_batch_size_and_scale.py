# %% ex1
def accumulate(model, loss, batches):
    """Set the gradients to those of all batches as one."""
    total = sum(len(y) for _, y in batches)
    model.zero_grad()
    for x, y in batches:
        (loss(model(x), y) * (len(y) / total)).backward()


# %% ex2
def learning_rate(step, base_lr, base_batch, batch, warm_up):
    """The rate of a step, counted from 0."""
    full = base_lr * batch / base_batch
    if step >= warm_up:
        return full
    return base_lr + (full - base_lr) * step / warm_up


# %% ex3
def between(first, second, alpha):
    """A state_dict on the line from one state_dict to another."""
    return {
        name: (1 - alpha) * value + alpha * second[name] if value.is_floating_point() else value.clone()
        for name, value in first.items()
    }


# %% ex4
import tinygrad_edu as tg
from tinygrad_edu import nn


def stretch_(model, c):
    """Change the weights in place; the outputs stay, the hidden activations are c times what they were."""
    layers = [module for module in model if isinstance(module, nn.Linear)]
    with tg.no_grad():
        layers[0].weight *= c
        for layer in layers[:-1]:
            layer.bias *= c
        layers[-1].weight /= c
