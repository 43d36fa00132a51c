"""What a device may do to a training run without changing its numbers but by rounding."""

from __future__ import annotations

import torch

from adaptstilts.listeners import Speaker
from adaptstilts.models.architectures.build import architecture_of, layers_of
from adaptstilts.models.assembly import Assembly
from adaptstilts.models.size import GPU_TOKENS
from adaptstilts.settings import DeviceSettings

log = Speaker(__name__)


class Engine:
    """An assembly's encoder while it trains: checkpointing its activations, running compiled, as settings ask.

    Layers are compiled one by one, for inputs of any length. While it is entered the module tree is changed.
    """

    def __init__(self, assembly: Assembly, settings: DeviceSettings) -> None:
        self._model, self._settings = assembly.model, settings
        self.tokens_per_pass = settings.tokens_per_pass or _tokens_per_pass(assembly)
        """How many tokens, padding counted, one forward pass takes at most."""

    def __enter__(self) -> Engine:
        if self._settings.checkpointing:
            self._model.gradient_checkpointing_enable()
        if self._settings.compile:
            for layer in self._layers():
                layer.compile(dynamic=True)
        return self

    def __exit__(self, *error: object) -> None:
        if self._settings.checkpointing:
            self._model.gradient_checkpointing_disable()
        self._uncompile()

    def falls_back(self, error: RuntimeError) -> bool:
        """Whether the error came from compilation: then it is said, and from now on nothing is compiled any more."""
        compiled = any(layer._compiled_call_impl is not None for layer in self._layers())
        if not compiled or not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            return False
        first = str(error).strip().partition("\n")[0]
        log.warning(f"torch.compile failed ({type(error).__name__}: {first}); training goes on without it")
        self._uncompile()
        return True

    def _layers(self) -> list[torch.nn.Module]:
        return list(layers_of(self._model.base_model))

    def _uncompile(self) -> None:
        for layer in self._layers():
            layer._compiled_call_impl = None


def _tokens_per_pass(assembly: Assembly) -> int:
    if assembly.device.type != "cpu":
        return GPU_TOKENS
    shape = architecture_of(assembly.model).shape(assembly.model.config.to_dict())
    return shape.cpu_tokens(assembly.lowest)
