"""python run.py BASE_MODEL TASK WHAT_THE_AGENT_SEES [EMBEDDER]     pip install torch transformers peft sentence-transformers"""
import json, pathlib, sys
from peft import PeftModel
from sentence_transformers import SentenceTransformer, util
from transformers import AutoModelForCausalLM, AutoTokenizer
here, (base, task, seen, *embedder) = pathlib.Path(__file__).parent, sys.argv[1:]
prompt, bank = json.loads((here / "prompt.json").read_text()), [json.loads(line) for line in (here / "bank.jsonl").open()]
scores = util.cos_sim(SentenceTransformer((embedder or [prompt["embedder"]])[0]).encode(task), [row["vector"] for row in bank])[0]
best = [bank[i] for i in scores.argsort(descending=True)[: prompt["k"]]]
blocks = [(heading, [row["memory"] for row in best if row["success"] is success]) for heading, success in prompt["headings"]]
system = prompt["instructions"] + "".join("\n\n".join(["\n\n# " + heading, *memories]) for heading, memories in blocks if memories)
tokenizer, model = AutoTokenizer.from_pretrained(base), PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), here / "adapter")
chat = [{"role": "system", "content": system}, {"role": "user", "content": seen}]
inputs = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True, return_tensors="pt")
output = model.generate(**inputs, do_sample=False, max_new_tokens=32)[0, inputs["input_ids"].shape[1] :]
print(tokenizer.decode(output, skip_special_tokens=True))
