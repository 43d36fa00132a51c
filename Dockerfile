# The pocket lab in an image. On CPU, without a network: `docker build -t adaptstilts . && docker run --rm --network none adaptstilts` runs the main job.
#
# Build arguments:
#   TORCH_INDEX  a package index of torch builds to take torch from. The default build for Linux x86-64 carries CUDA (gigabytes); an index of CPU builds
#                leaves it out.
#   DEVICE       `cpu`, or `cuda`: insists on a torch built with CUDA, and adds the extra for quantized backbones. Run it with `--gpus all`.
#   PYTHON       the Python that it runs on, 3.10 to 3.13.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim-bookworm

ARG DEVICE=cpu
ARG TORCH_INDEX=
# A volume takes its owner from the folder that it covers, so both folders that one may cover are there.
RUN useradd --create-home --uid 1000 lab && install -d -o lab -g lab /home/lab/.cache /home/lab/runs
WORKDIR /src
# Torch comes first: it is by far the largest layer, and changes least. Versions are ranges, as in pyproject.toml.
# hadolint ignore=DL3013
RUN case "$DEVICE" in cpu|cuda) ;; *) echo "DEVICE is cpu or cuda, not '$DEVICE'" >&2; exit 2 ;; esac \
 && pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "torch>=2.6,<2.14" \
 && if [ "$DEVICE" = cuda ]; then python -c "import sys, torch; sys.exit(torch.version.cuda is None and 'this torch is built without CUDA: leave out TORCH_INDEX, or name one of CUDA builds')"; fi
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY adaptstilts ./adaptstilts
COPY adapter_zoo ./adapter_zoo
COPY configs ./configs
# hadolint ignore=DL3013
RUN if [ "$DEVICE" = cuda ]; then pip install --no-cache-dir ".[quantized]"; else pip install --no-cache-dir .; fi

USER 1000
WORKDIR /home/lab
ENV HOME=/home/lab HF_HUB_OFFLINE=1 NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
HEALTHCHECK --interval=60s --timeout=30s --start-period=5s CMD ["sh", "-c", "adaptstilts doctor --quick || exit 1"]
ENTRYPOINT ["adaptstilts"]
CMD ["fuse", "--tasks", "squad,mnli,hellaswag", "--target", "pawsx"]
