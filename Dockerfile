# The pocket lab on CPU: `docker build -t adaptstilts . && docker run --rm --network none adaptstilts` runs the main job.
FROM python:3.11-slim

RUN useradd --create-home lab
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY adaptstilts ./adaptstilts
COPY adapter_zoo ./adapter_zoo
COPY configs ./configs
# torch's default build for Linux carries CUDA; name an index of CPU builds here to leave it out.
ARG TORCH_INDEX=
RUN pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "torch>=2.6,<2.14" && pip install --no-cache-dir .

USER lab
WORKDIR /home/lab
ENV HF_HUB_OFFLINE=1
ENTRYPOINT ["adaptstilts"]
CMD ["fuse", "--tasks", "squad,mnli,hellaswag", "--target", "pawsx"]
