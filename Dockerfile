# The server of blindsr with torch for the CPU; docs/server.md says how to run it.
FROM python:3.13-slim AS build
ARG INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
RUN python -m venv /opt/blindsr
COPY constraints.txt ./
RUN /opt/blindsr/bin/pip install --extra-index-url "$INDEX" -c constraints.txt torch
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src ./src
RUN /opt/blindsr/bin/pip install -c constraints.txt ".[web,heif]"

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home blindsr && install -d -o blindsr -m 0700 /state
COPY --from=build /opt/blindsr /opt/blindsr
USER 10001
ENV PATH=/opt/blindsr/bin:$PATH PYTHONDONTWRITEBYTECODE=1
VOLUME /state
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["blindsr", "serve", "--host", "0.0.0.0", "--state", "/state"]
