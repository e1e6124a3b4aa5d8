import type { SafetyKind } from "#contracts/http.ts";

/**
 * Phrases by which people in danger may be known, as patterns over normalised text (lower case, NFKC). Every repetition is bounded,
 * so that a long text costs what it is long. The three languages (Japanese, English, Chinese, in this order) are tried on every
 * text: people mix them. A list knows what was thought of: the test measures how much of the rest it misses.
 */
const PHRASES: Record<SafetyKind, readonly RegExp[]> = {
  "self-harm": [
    /死にた(い|く(?!な))|死んでしまいた|死ねたら|死ねる(だろう|かな|のか)|死のう(と|か)|死んだ(ほう|方)が|死なせて|死ぬ(方法|しかない|つもり|こと(を|ばかり)|ね」|ね$|前に|準備)|もう死ぬ|死が頭/g,
    /(?<!を|が|へ|に)(消えて?(しまい)?たい|消えてしまいたい|いなくなりたい|居なくなりたい)|(私|俺|僕|自分)(なんて|なんか|が|さえ)?い(なければ|ないほうが|ない方が|なくなれば)|この世(に|から)(いたくない|いなくな|消え|去)|存在(ごと)?(を)?消(え|し)|生まれて(こ|来)なければ/g,
    /自殺(?!点|行為|対策|予防|願望の)|自死|自傷|リストカット|リスカ|オーバードーズ|遺書|命を(絶|断)|首を(吊|つ(る|っ))|首吊り|首に(ロープ|縄|紐|ひも)|練炭|自分を(傷|殺し(たく|てしま)|殺そう)|身を投げ/g,
    /(手首|腕|太もも|自分)(を|に).{0,3}(切って?(い|る|しま|た)|傷)|(カッター|カミソリ|剃刀|包丁)で.{0,6}(手首|腕|自分|体)/g,
    /(?<!舞台)(から)?(?<!舞台から)飛び(降り|おり)(た|よう|れば|る(しか|こと))|(線路|電車|ホーム)に(飛び込|身を)|(ここ|屋上|ベランダ|橋|崖|ビル|窓)(の上)?から(落ち(たら|れば)|飛)/g,
    /(薬|睡眠薬|錠剤).{0,8}(全部|大量|たくさん|ありったけ|一箱|一瓶|何十錠|まとめて).{0,3}(飲|のん)/g,
    /生きて(い)?(たくない|る(意味|価値|資格|理由)|る?の(が|も)(もう)?(つら|辛|苦|しんど|嫌|いや|疲れ|面倒))|生きる(の(が|に|も)|こと(が|に))(もう)?(つら|辛|苦|しんど|嫌|いや|疲れ)|生きる(意味|気力|希望)(が|も)/g,
    /(人生|命|全部|すべて|全て)を?(終わらせ|終わりにし)(たい|よう)|もう楽になりたい|目が覚め(なければ|なくて)|永遠に眠|一緒に死/g,
    /\b(want(s|ed)?|wanna|wish(es)?|ready|going|need|plan(ning)?) (to|i could) (just )?die\b|\bwanna die\b|\b(wish|rather) (i |that i )?(was|were|be) dead\b|\bbetter off (dead|without me)\b|\bdying (would|is|seems)\b|\bthought(s)? of (dying|death)\b|\bhate being alive\b|\b(tired|sick|done) (of|with) (living|being alive|life|existing)\b/g,
    /\bkill(ing|ed|s)? (myself|himself|herself|themselves|themself)\b|\b(tak(e|es|ing)|end(s|ing)?) (my|his|her|their) (own )?life\b|\bend(ing)? it all\b|\b(disappear|sleep|vanish) forever\b|\b(not|stop|stopped|cease) exist(ing)?\b|\b(my|this is my|our) last (night|day|message) ?(,|\.|on earth|alive|goodbye)|\bgoodbye (forever|everyone|world)\b/g,
    /\bsuicid(e(?! squad)|al)\b|\bself[- ]?harm|\b(cut(ting|s)?|hurt(ing|s)?|burn(ing|s)?|hang(ing)?|hung|hanged|harm(ing|s)?|stab(bing)?) (myself|himself|herself|themselves)\b(?! (some slack|shaving|cooking|while))|\b(cut(s|ting)?|slit(s|ting)?|scratch(es|ing)?|burn(s|ing)?|slash(es|ing)?) (my|her|his|their) (own )?(wrists?|arms?|thighs?|legs?|skin)\b/g,
    /\b(don'?t|doesn'?t|do not|does not) (want to|wanna) (live|be alive|exist|be here)\b|\b(no|any|the) (reason|point) (to|in|of) (go on |keep )?(live|living|being alive)\b|\b(isn'?t|not) worth living\b|\bnever wake up\b(?! late)|\bcan'?t (do|take|go on with|stand) (this )?life\b|\bcan'?t go on (any ?more|living|like this)\b|\bwant out of (life|it for good|this world)\b|\b(nobody|no one) would (care|notice|miss me) if i\b/g,
    /\b(whole bottle|all) of (my |the )?(pills|medication)\b|\b(bottle of|took all (my|the)|have the|handful of) pills\b|\b(swallowed|took|taken|taking) (\d+|too many|all my|a lot of) (pills|tablets|paracetamol|tylenol|sleeping|of my)\b|\b(jump(ing)?|jumped) (off|from|in front of) (a|the|this|my) (bridge|roof|building|balcony|train|window|cliff)\b|\bstep(ping)? (in front of|into) (a |the )?(train|bus|traffic|truck)\b|\boverdos(e|ed|ing)\b|\bnoose\b|\bgun to my head\b/g,
    /想死(?!你|我了|她|他|心|线)|想(要)?(去死|死掉)|(不想|不愿|不要)(意)?再?活|活不下去|活(够|腻)了|死了算了|不如死|(想|去|试过|试图|准备)(要)?自杀|自杀(?!式)|轻生|輕生|自残|自殘|割腕|上吊|跳楼(?!价|大甩卖|机)|跳(河|江|海)自|遗书|遗言|寻死|一了百了|自我了断|生无可恋|烧炭|买了炭|永别|死的(心|念头|冲动)|求死/g,
    /(结束|了结)(我|自己|自己的|我的)?(的)?(生命|一生)|(结束|了结)(掉)?(这|所有)?(的)?一切|了结自己|活着(真的|已经|也|就)?(没|没有|毫无)(什么)?(意义|意思)|活着(太|好|真|很)(累|苦|痛苦|难)|死(了|掉)(是不是)?(就|才)(能|会)?(解脱|轻松|好了)|死比活|只想解脱/g,
    /(天台|楼顶|桥|窗|阳台)(上|边|口)?.{0,8}跳下|(整瓶|一瓶|很多|大量|一把|好多)(的)?(安眠)?药|(吞|吃)(了|下)?.{0,4}安眠药|(刀|刀片).{0,3}(划|割)(自己|手)|(划|割)(自己|手腕|手臂|胳膊)|伤害(我)?自己|从(这个)?世界(上)?消失|离开(这个)?(人世|世界)|(别|不)再醒来|不用醒来/g,
    /死んじゃい?たい|死んで(楽|詫び|しま(いた|お))|二度と(起き|目を覚ま)|生きてて?(い)?て?(ごめん|すみません|申し訳)|[0-9一二三四五六七八九十百何]+錠.{0,6}飲|吸い込まれそう|(死|自殺)(のこと|の方法)(を|ばかり)/g,
    /\b(how|ways?|place|time) to (die|kill (my|him|her)self)\b|\bstop living\b|\bnot being alive\b|\bbeing dead\b|\b(i|been|started|keep) cut(ting)? (again|deep)|\bif i (died|were dead|was dead|wasn'?t here|weren'?t here|didn'?t exist|was gone|were gone|disappeared)\b|\bready to let go\b|\b(on|standing on) the (bridge|ledge|roof)\b|\bdeserve to (live|die)\b/g,
    /(怎么|如何|想着)(去)?死(?!板|记|机)|不配活|(想|要|从(楼|桥|阳台|窗).{0,3})跳(下去|江|海|轨|桥)|割(了|过|破)?(手)?腕|(再也|永远)?醒不(过来|来)就|[0-9一二两三四五六七八九十百几]+(片|粒|颗|瓶).{0,4}药/g,
  ],
  abuse: [
    /(夫|妻|旦那|彼氏?|彼女|恋人|父|母|親|兄|姉|義父|義母|元彼|元カレ|パートナー|同居人|先生|コーチ|おじ|叔父|伯父|祖父|男|誰か)(から|に)(は)?.{0,6}(殴|蹴られ|叩かれ|ぶたれ|首を(絞|締|し)め|暴力|襲われ|監禁|脅され|性的|触られ|体を|骨を折)/g,
    /殴られて(い|る)|殴る蹴る|首を(絞|締|し)められ|暴力(を|が|に)(振|ふ)?(るわれ|受け|怯え|耐え|やまな|止まら|続)|家庭内暴力|虐待(され|を受け|して|が続)|レイプ|性(的)?(暴行|暴力|被害|虐待)|強姦|痴漢|ストーカー|監禁|手を上げ(る|られ|て)|家から(出|だ)してもらえ/g,
    /(無理やり|無理矢理|勝手に).{0,4}(体|胸|身体|お尻)を?触|(体|胸|身体|お尻)を触られ|(?<!(締め切り|仕事|暑さ|納期)に)殺され(そう|るかも|る)|殺すと(言|脅)|(子ども?|子供|息子|娘|赤ちゃん)(を|に).{0,4}(叩いて(しま|い)|手を上げ|殴)|裸の(写真|動画)を/g,
    /\b(hits|beats|punches|slaps|chokes|choked|kicks|kicked|punched|slapped|strangled|strangles|hurts) (me|mum|mom|us|my (mum|mom|mother|sister|brother|son|daughter|kids))\b(?! (at|to|hard|that|out|when i think))|\b(is|was|keeps|been) (hitting|beating|choking|slapping|kicking|punching) (me|us|my (mum|mom|sister|brother))\b|\b(he|she|husband|boyfriend|wife|girlfriend|dad|father|mother|partner|ex)( \w+){0,2} (broke|fractured) my (arm|nose|jaw|ribs?|wrist|finger)\b|\bbeats? (me|us) up\b/g,
    /\brap(ed|ing)\b|\bmolest|\bgrop(e|ed|es|ing)\b|\bsexual(ly)? (abus|assault|harass)|\bdomestic (violence|abuse)|(?<![a-z])dv(?![a-z])|\babusive (relationship|husband|wife|partner|boyfriend|girlfriend|father|mother|dad|parents?|home|ex)|\babus(es|ing|ed) (me|my|her|him)\b|\b(being|been|was) abused\b/g,
    /\bstalk(ing|s|ed) me\b|\bthreaten(s|ed|ing)? to (kill|hurt|beat|shoot)|\b(stepdad|stepfather|uncle|coach|teacher|boss|father|dad|priest|cousin|brother|neighbou?r|grandpa|man|he)( \w+){0,8} touch(es|ed|ing) me\b(?! deeply)|\btouch(ed|es|ing) me (inappropriately|down there|without)|\b(forc|mak)(es|ed|ing|e) me (to )?(have sex|sleep with|touch)|\block(s|ed) me (in|up)\b|\b(scared|afraid|terrified|fear)( \w+){0,3} (will|might|is going to|gonna|could) (kill|hurt|beat) (me|us)\b/g,
    /(老公|丈夫|老婆|妻子|男友|男朋友|女友|女朋友|爸爸|爸|妈妈|妈|继父|他|她|父亲|母亲)(经常|总是|又|一直|天天|会|老|每天)?(打|踢|扇|抽|掐)(我|妈|了我)(?!电话|手机|的)|动手打(人|我)|被.{0,2}(他|她|老公|丈夫|男友|爸爸|父亲|爸|老师|家人)(打|掐|踢)(?!脸)|往死里打|拳打脚踢|打得.{0,3}(住院|骨折|流血|鼻青脸肿|是伤)|打断(我|了我)/g,
    /家暴|家庭暴力|虐待|强奸|強姦|强暴|性侵|性骚扰|猥亵|掐(住)?我?(的)?脖子|动手动脚|(威胁|扬言).{0,4}(杀|泼|弄死)|泼硫酸|弄死我|(一直|总|老)跟踪我|(锁|关)在(家|屋|房)|扇我耳光|皮带(打|抽)|摸我(下|胸|屁股|身体|的|,|,|。| |$|我)|(强迫|逼)我?(跟他|和他|陪|发生|上床|性)|裸照|(囚|软)禁/g,
    /(?<!頭を)殴られ(て|た)(?!よう|みたい|気)|(叩|殴|蹴)(いて|って|る|られ).{0,4}(い|き)?(痣|あざ|血|逃げ)|(ベルト|棒|拳|こぶし)で(叩|殴|打)|後をつけられ|つきまと|待ち伏せ|(無理やり|無理矢理)(ホテル|キス|連れ|押し倒|脱が|飲ま|犯)|押し倒され|犯され/g,
    /\b(hit|struck|beat|burned|attacked) me with\b|\b(beats|hits|kicks|slaps) (my|his|her|our|the) (little |own )?(brother|sister|mother|mum|mom|son|daughter|kids?|children|wife|baby)\b|\bhad sex with me\b|\bdrugged (me|my)\b|\bfollow(s|ing|ed) me (home|everywhere|around)\b|\bwait(s|ing) outside my\b/g,
    /(每次|天天|经常|总是|又|都|会|就)打我(?!电话|手机|的|脸)|(衣架|棍子|皮带|鞭子|拳头)(打|抽|揍)|揍(我|了我)|淤青|被.{0,6}(摸了|侵犯|强吻|迷奸|强暴)|堵在我?(家|门)/g,
  ],
  "medical-emergency": [
    /意識(が(ない|ありません|なくな|戻らない|もうろう|朦朧)|を失|不明)|呼吸(が)?(でき(ない|ません)|止ま|困難|して(い)?ない|が浅)|息(が)?(できない|できません)(?!くらい|ほど|よう)|息を?(していない|してない)|息が苦し|(急に|全身.{0,12}|発疹.{0,6})息苦し|心肺停止|心筋梗塞|脳(卒中|梗塞|出血)|心臓(発作|が止ま(って|った))/g,
    /胸(が|を)(締め付け|しめつけ|激しく|強く|押さえて)|胸の激痛|胸に激痛|(血|出血)が(止まら|どくどく|大量|吹き出)|大量に出血|大出血|(?<!得)吐血|血を吐|けいれん|痙攣|ひきつけ|アナフィラキシー|泡を吹|(川|海|プール|風呂|池|水).{0,6}溺れ|感電|窒息|(喉|のど)に(詰ま|つま|引っかか)|熱中症|一酸化炭素|大やけど|(深く|ざっくり)切/g,
    /(洗剤|漂白剤|電池|農薬|灯油|薬|毒|たばこ)を?(誤って)?(飲んでしま|飲み込|誤飲|飲んだみたい)|誤飲|ろれつが|呂律が|(突然|急に)(しゃべれ|話せ|倒れ|歩けな)|顔の(片側|半分|片方)|(半身|右手|左手|手足|右側|左側)が(動かない|動かなく|しびれ|麻痺)|救急車(を)?(呼|必要)|(呼びかけ|呼んで|声).{0,6}(反応|返事)(しない|がない|もない|が無)|頭を(強く)?打って|倒れて(動か|起き|ぐったり|意識|返事)|ぐったりして/g,
    /\bchest (pains?|tightness)\b|\bpains? in (my|his|her|the) chest\b|\bunconscious\b|\b(not|stopped|stops) (breathing|responding|responsive)\b|\bunresponsive\b|\bcan'?t breathe\b(?! a word)|\b(won'?t|can'?t|doesn'?t) wake up\b(?! (early|late|on time|without|in time|for|in the morning))|\bbleeding (won'?t|doesn'?t|will not) stop|\bbleeding (heavily|out|badly|a lot)\b|\bheavy bleeding\b|\bblood everywhere\b|\bturn(ed|ing) blue\b|\bpassed out\b/g,
    /\bhaving (a |an )?(heart attack|stroke|seizure|fit)\b|\b(has|had) a (fit|seizure|stroke)\b|\bseizures?\b|\banaphyla|\ballergic reaction|\b(swallowed|drank|drunk|ate|eaten) (some |a |the |my )?(bleach|poison|batter(y|ies)|detergent|antifreeze|pills|rat poison|cleaner|drain)|\bslurred\b|\b(face|mouth) (is |on one side )?droop|\bcough(ing|ed) up .{0,10}blood|\bvomit(ing|ed) blood\b|\bcall (an |the )?(ambulance|911|999|112)\b|\b(throat|tongue|face) is (swelling|closing|swollen)|\bhit (his|her|my) head\b|\bchoking\b|\belectrocut|\bdrown(ed|ing)\b(?! in (work|debt|email|paper|homework|love))|\b(he|she|dad|mum|mom|wife|husband|father|mother|son|daughter|baby|grandma|grandpa|friend)( \w+)? (just |has |suddenly )?collapsed\b/g,
    /昏迷|失去(了)?意识|没有?(了)?(呼吸|心跳|知觉)|叫不醒|不省人事|呼吸(困难|急促|停)|喘不上气|窒息|胸(口|部)?(剧|很|好|突然)(烈)?(痛|疼)|胸痛|心绞痛|抽搐|口吐白沫|(大出|流.{0,3}(很多|好多|大量))血|血流不止|止不住(血)?(?!地)|心脏病发|心梗|骤停|中风(?!险)|(误食|误服|误吞)|农药|(煤气|食物|药物|酒精)中毒|休克|救护车|急救|半(边)?身(子)?(不能动|动不了|麻)|倒地|晕(过去|倒|厥)|噎(住|到|着)|溺水|触电|(脸|嘴)歪|突然.{0,10}说不出话|口齿不清|(撞|摔)(到|破)?(了)?头/g,
    /顔が(紫|真っ青|土気)|(ミルク|餅|飴|食べ物)を?(喉に)?詰まら|胸が(急に)?痛(くて|い|み).{0,8}(しび|汗|息|左腕|背中|動け)|呼吸が(苦|荒|おかし|変)|意識が.{0,3}(飛|遠の)/g,
    /\b(is|are) not moving\b|\bfell\b.{0,20}\b(not moving|can'?t get up|unresponsive)\b|\b(ate|eaten|swallowed) (some|all|a lot) of (my|his|her|the) .{0,12}(pills|tablets|medicine|medication)\b/g,
    /叫.{0,3}(没有?反应|不应)|(左胸|心口|胸).{0,4}(疼|痛)(得)?(厉害|要命|难受|受不了)|手臂发麻|(吞|咽)(了|下).{0,4}(电池|硬币|磁|钉|药)|喝(了|下).{0,3}(农药|洁厕|百草枯|消毒|汽油)/g,
  ],
};

/** What before or after a phrase takes it back. */
const TAKEN_BACK_BEFORE =
  /\b(don'?t|do not|not|never|didn'?t|wouldn'?t|won'?t|no longer)( (really|actually|ever|going to|want to|think i|been|be))? $|(不|没|没有|从没|从不|并不|不会|不是)(有|想过|想要|想|要|再|会)?$/;
const TAKEN_BACK_AFTER =
  /^.{0,3}(わけ|つもり|気持ち|気|の|ん)?(じゃ|では|は|とは|も)(ない|ありません|思わない|思っていない|思いません)|^(なんて|など|は|を|とは)?(考えて|思って)(い)?(ない|ません)|^とまでは|^(を防ぐ|防止|の(映画|小説|ニュース|本)を)/;

/** Phrases in Latin letters speak of no text without them, and the others of no text with nothing else. */
const BEYOND_LATIN = /[^\0-\u02ff]/;
const LATIN = /[a-z]/;

/**
 * All phrases of a kind of writing at once: most texts hold none, which one pass tells in a quarter of the time of a pass a phrase.
 * Each is compiled by the first text that needs it, which costs milliseconds.
 */
const anyOf = (isOurs: (source: string) => boolean): RegExp =>
  new RegExp(
    Object.values(PHRASES)
      .flatMap((phrases) => phrases.map(({ source }) => source).filter(isOurs))
      .join("|"),
  );
const ANY_LATIN = anyOf((source) => !BEYOND_LATIN.test(source));
const ANY_OTHER = anyOf((source) => BEYOND_LATIN.test(source));

const mayHold = (normalised: string): boolean =>
  (LATIN.test(normalised) && ANY_LATIN.test(normalised)) ||
  (BEYOND_LATIN.test(normalised) && ANY_OTHER.test(normalised));

/** Why a text is answered with help and no reading, or undefined where nothing says so. @param normalised by `normalise` */
export function safetyOf(normalised: string): SafetyKind | undefined {
  if (!mayHold(normalised)) return undefined;
  for (const [kind, phrases] of Object.entries(PHRASES) as [SafetyKind, readonly RegExp[]][]) {
    for (const phrase of phrases) {
      for (const { index, 0: found } of normalised.matchAll(phrase)) {
        const before = normalised.slice(Math.max(0, index - 24), index);
        const after = normalised.slice(index + found.length, index + found.length + 16);
        if (!TAKEN_BACK_BEFORE.test(before) && !TAKEN_BACK_AFTER.test(after)) return kind;
      }
    }
  }
  return undefined;
}
