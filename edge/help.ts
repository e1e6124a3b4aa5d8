import type { Language } from "#contracts/event.ts";
import type { SafetyKind } from "#contracts/http.ts";

/** Numbers that are official and well known where the language is mostly spoken; and advice that holds everywhere. */
const HELP: Record<Language, Record<SafetyKind, readonly string[]>> = {
  ja: {
    "self-harm": [
      "いま命の危険があるときは、119（救急）か110（警察）に電話してください。",
      "いのちの電話（フリーダイヤル）：0120-783-556",
      "よりそいホットライン（24時間・無料）：0120-279-338",
      "ひとりで抱えず、そばにいる人や医療機関に、いまの気持ちを話してください。",
    ],
    abuse: [
      "いま危険があるときは、110（警察）に電話してください。けがをしているときは119（救急）へ。",
      "よりそいホットライン（24時間・無料）：0120-279-338",
      "あなたのせいではありません。まず安全な場所に移り、信頼できる人に話してください。",
    ],
    "medical-emergency": [
      "すぐに119（救急）に電話してください。",
      "ひとりにせず、周りの人に助けを求め、電話口の指示に従ってください。",
    ],
  },
  en: {
    "self-harm": [
      "If a life is in danger now, call your emergency number: 911 (USA, Canada), 112 (Europe and elsewhere), 119 (Japan).",
      "USA: call or text 988 (Suicide & Crisis Lifeline).",
      "Please do not stay alone with this: tell someone near you, or a doctor, how you feel.",
    ],
    abuse: [
      "If you are in danger now, call your emergency number: 911 (USA, Canada), 112 (Europe and elsewhere), 110 (police in Japan).",
      "It is not your fault. Go to a safe place first, and tell someone you trust.",
    ],
    "medical-emergency": [
      "Call your emergency number now: 911 (USA, Canada), 112 (Europe and elsewhere), 119 (Japan).",
      "Do not leave the person alone, ask those around you for help, and do what the call taker says.",
    ],
  },
  zh: {
    "self-harm": [
      "如果现在有生命危险，请立即拨打120（急救）或110（报警）。",
      "请不要独自承受：把现在的感受告诉身边的人或医生。",
    ],
    abuse: [
      "如果现在有危险，请立即拨打110（报警）；受伤请拨打120（急救）。",
      "这不是你的错。请先到安全的地方，并告诉你信任的人。",
    ],
    "medical-emergency": ["请立即拨打120（急救）。", "不要让病人独处，请周围的人帮忙，并按照电话里的指示去做。"],
  },
};

/** Where to find help, in one language. */
export const helpFor = (kind: SafetyKind, lang: Language): string[] => [...HELP[lang][kind]];

/** Said where the model does not know. */
export const UNSURE: Record<Language, string> = {
  ja: "この文章からは、どの爻が近いかよくわかりませんでした。以下は参考程度にご覧ください。",
  en: "I cannot tell from this text which line fits. Take what follows as a guess.",
  zh: "从这段文字中看不出哪一爻最合适。以下结果仅供参考。",
};
