"""Drives a running endpoint with OpenAI's own client and prints what it found, one fact a line, as JSON.

    cargo xtask reference openai_client --base-url http://127.0.0.1:8371/v1 --token lore-...

Address and token stand on the Try page while the endpoint is switched on.
"""

import argparse
import json
import urllib.error
import urllib.request

import openai

MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]


def tell(fact, **values):
    print(json.dumps({"fact": fact, **values}), flush=True)


def refused(call, error):
    """The code with which `call` is refused, by the client's own class of error."""
    try:
        call()
    except error as refusal:
        return refusal.code
    raise AssertionError(f"not refused with {error.__name__}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--token", required=True)
    args = parser.parse_args()
    client = openai.OpenAI(base_url=args.base_url, api_key=args.token, max_retries=0)
    tell("client", version=openai.__version__)

    models = [model.id for model in client.models.list()]
    assert len(models) == 1 and client.models.retrieve(models[0]).id == models[0]
    model = models[0]
    tell("models", models=models)

    chat = dict(model=model, messages=MESSAGES, max_tokens=32, temperature=0)
    whole = client.chat.completions.create(**chat)
    text, usage = whole.choices[0].message.content, whole.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert 0 < usage.completion_tokens <= 32 and usage.prompt_tokens > 0
    tell("chat", text=text, finish=whole.choices[0].finish_reason, usage=usage.to_dict())
    tell("memories", memories=[memory["goal"] for memory in whole.to_dict()["memories"]])

    with client.chat.completions.create(**chat, stream=True, stream_options={"include_usage": True}) as stream:
        chunks = list(stream)
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == text, (pieces, text)
    assert chunks[-1].usage.completion_tokens == usage.completion_tokens
    tell("stream", num_pieces=sum(map(bool, pieces)), is_equal=True)

    drawn = dict(chat, temperature=1.0, top_p=0.9)
    draws = [client.chat.completions.create(**drawn, seed=seed).choices[0].message.content for seed in (1, 1, 2)]
    assert draws[0] == draws[1]
    tell("seed", same_seed_same_text=True, other_seed_other_text=draws[0] != draws[2])

    word = next((word for word in text.split()[1:] if word.isalpha()), None)
    if word:
        stopped = client.chat.completions.create(**chat, stop=word).choices[0]
        assert stopped.message.content == text[: text.index(word)] and stopped.finish_reason == "stop"
        tell("stop", stop=word, text=stopped.message.content)
    cut = client.chat.completions.create(**dict(chat, max_tokens=None), max_completion_tokens=1)
    assert cut.usage.completion_tokens == 1 and cut.choices[0].finish_reason == "length"

    with client.chat.completions.create(**dict(chat, max_tokens=512), stream=True) as stream:
        next(iter(stream))
    again = client.chat.completions.create(**chat)
    assert again.choices[0].message.content == text
    tell("hang up", answered_after=True)

    stranger = openai.OpenAI(base_url=args.base_url, api_key="lore-wrong", max_retries=0)
    web_page = client.with_options(default_headers={"Origin": "https://evil.example"})
    rebound = client.with_options(default_headers={"Host": "evil.example"})
    long = [{"role": "user", "content": "word " * 20_000}]
    tell(
        "refusals",
        wrong_token=refused(stranger.models.list, openai.AuthenticationError),
        web_page=refused(web_page.models.list, openai.PermissionDeniedError),
        rebound_name=refused(rebound.models.list, openai.PermissionDeniedError),
        other_model=refused(
            lambda: client.chat.completions.create(**dict(chat, model="gpt-4o")), openai.NotFoundError
        ),
        too_long=refused(
            lambda: client.chat.completions.create(**dict(chat, messages=long)), openai.BadRequestError
        ),
        no_messages=refused(
            lambda: client.chat.completions.create(**dict(chat, messages=[])), openai.BadRequestError
        ),
    )
    try:
        urllib.request.urlopen(f"{args.base_url}/models")
        raise AssertionError("answered without a token")
    except urllib.error.HTTPError as refusal:
        assert refusal.code == 401
    tell("done")


if __name__ == "__main__":
    main()
