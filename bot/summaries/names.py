"""Names in Latin letters: those that the source does not have, and the one that a title coins. Pure."""

import re

from bot.summaries.source import Source, folded
from bot.summaries.terms import stem

_LATIN = re.compile(
    r"(?<![A-Za-z])[A-Za-zÀ-ÖØ-öø-ɏͰ-Ͽ][\wÀ-ÖØ-öø-ɏͰ-Ͽ]*(?:[-–.'’/&+][A-Za-z0-9À-ÖØ-öø-ɏ]+)*\+*", re.ASCII
)
_PART = re.compile(r"[A-Za-z]+|\d+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_TEX = re.compile(r"\$[^$]{1,200}\$|\\[A-Za-z]+|[A-Za-z]+_\w+|(?<=[\dA-Za-z])\+")
_EXPANDED = re.compile(r"[（(]([A-Za-z][A-Za-z ,-]{5,100})[）)]")
_WORDS = re.compile(r"[A-Za-z]+")
# What a translator may write for the field's own words, whatever the source calls them.
_COMMON_WORDS = (
    "ai ml nlp llm llms vlm vlms lvlm mllm mllms gpu gpus cpu cpus api apis 3d 2d 4d cnn rnn gnn gan vit mlp rl "
    "sota token tokens transformer agent agents prompt pdf html json sql url web app id ids top vs etc eg ie rag "
    "sft rlhf ct mri ecg eeg iot slam nerf bert gpt diffusion softmax vae gans cnns rnns gnns dnn dnns asr tts "
    "ocr vqa qa kv lora moe ood auc roc fps iou map bleu rouge f1 fid psnr ssim mse mae rmse snr pde pdes ode "
    "odes sde sdes svm pca gb mb tb kb faq npc mcmc em kl iid covid http https python github"
)
_COMMON = frozenset(_COMMON_WORDS.split())
_COINED = re.compile(r"\s*([^\s:：]{2,30}(?: [A-Z0-9][^\s:：]{0,15}){0,1})\s*[:：]\s*\S")
_NAME_LIKE = re.compile(r"[a-z][A-Z]|[A-Z]{2}|[A-Z].*\d|\d.*[A-Z]|[A-Za-z][-+][A-Z0-9]")


def foreign(chinese: str, source: Source) -> list[str]:
    """The names in a Chinese text that the source does not have, as they are written, each once."""
    found = dict.fromkeys(
        _LATIN.findall(_EXPANDED.sub(lambda match: _unless_expansion(match, source), _TEX.sub(" ", chinese)))
    )
    return [name for name in found if _is_name(name) and not _stands_in(name, source)]


def _unless_expansion(match: re.Match[str], source: Source) -> str:
    """Drops brackets that spell out an abbreviation of the source: `（SHapley Additive exPlanations）`."""
    capitals = "".join(char for char in match[1] if char.isupper()).lower()
    return " " if len(capitals) > 1 and capitals in source.words else match[0]


def coined(source: Source) -> str:
    """The name before the title's colon if it is a coined one (`FairWire: ...`), else ""."""
    match = _COINED.match(source.title)
    name = match[1].strip("“”\"'‘’") if match else ""
    if not name or (not _NAME_LIKE.search(name)) or len(_WORDS.findall(name)) > 4:
        return ""
    return name if " " not in name else ""


def keeps(text: str, name: str) -> bool:
    """Whether a text has the name, in any case and with any hyphens."""
    return _squeezed(name) in _squeezed(text)


def _is_name(word: str) -> bool:
    return len(word) > 1 and any(char.isupper() or char.isdigit() for char in word)


def _stands_in(name: str, source: Source) -> bool:
    name = folded(name)
    lower = name.lower().rstrip("+")
    whole = _squeezed(name)
    if lower in _COMMON or whole in source.words or (len(whole) > 3 and whole in source.squeezed):
        return True
    if f"{whole}s" in source.words:
        return True
    if len(whole) > 4 and whole.endswith("s") and whole[:-1] in source.squeezed:
        return True
    parts = _PART.findall(lower)
    if len(parts) > 1 and all(_known(part, source) for part in parts):
        return True
    pieces = [each.lower() for each in _CAMEL.findall(name)]
    if len(pieces) > 1 and all(_known(piece, source) for piece in pieces):
        return True
    return stem(whole) in source.stems or _abbreviates(whole, source)


def _known(part: str, source: Source) -> bool:
    if part.isdigit():
        return part in source.words or source.numbers.has(float(part[:15])) or part in source.squeezed
    return (
        len(part) == 1
        or part in source.words
        or part in _COMMON
        or stem(part) in source.stems
        or (len(part) > 3 and part in source.squeezed)
        or _abbreviates(part, source)
    )


def _abbreviates(letters: str, source: Source) -> bool:
    """Whether the letters are the initials of words in a row: LLM, MLLMs, SoTA."""
    letters = letters.removesuffix("s") if len(letters) > 2 else letters
    if not 2 <= len(letters) <= 7 or not letters.isalpha():
        return False
    found = _WORDS.findall(folded(source.plain).lower())
    for kept in (found, [word for word in found if word not in {"of", "the", "and", "for", "in", "to", "a", "on"}]):
        if letters in "".join(word[0] for word in kept):
            return True
    return False


def _squeezed(text: str) -> str:
    return "".join(char for char in folded(text).lower() if char.isalnum())
