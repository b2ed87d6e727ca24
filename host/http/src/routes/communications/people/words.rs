//! The words of pages for members, in the languages whose dates templates can write in words.

/// The words of one language.
#[derive(Debug)]
pub(in crate::routes::communications) struct Words {
    pub(in crate::routes::communications) language: &'static str,
    pub(in crate::routes::communications) unsubscribe: &'static str,
    pub(in crate::routes::communications) question: &'static str,
    pub(in crate::routes::communications) topic: &'static str,
    pub(in crate::routes::communications) all: &'static str,
    pub(in crate::routes::communications) done: &'static str,
    pub(in crate::routes::communications) done_all: &'static str,
    pub(in crate::routes::communications) on_the_way: &'static str,
    pub(in crate::routes::communications) gone: &'static str,
    pub(in crate::routes::communications) gone_text: &'static str,
    pub(in crate::routes::communications) no_survey: &'static str,
    pub(in crate::routes::communications) failed: &'static str,
    pub(in crate::routes::communications) failed_text: &'static str,
    pub(in crate::routes::communications) send: &'static str,
    pub(in crate::routes::communications) required: &'static str,
    pub(in crate::routes::communications) thanks: &'static str,
    pub(in crate::routes::communications) wrong: &'static str,
    pub(in crate::routes::communications) missing: &'static str,
    pub(in crate::routes::communications) not_offered: &'static str,
    pub(in crate::routes::communications) too_long: &'static str,
}

impl Words {
    /// The words of a language tag, such as `de` or `pt-BR`; none if the language is not among them.
    pub(in crate::routes::communications) fn known(tag: &str) -> Option<&'static Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        ALL.iter().find(|words| words.language.eq_ignore_ascii_case(language))
    }

    /// The words of a language tag; English if the language is not among them.
    pub(in crate::routes::communications) fn of(tag: &str) -> &'static Self {
        Self::known(tag).unwrap_or(&ENGLISH)
    }

    /// The words of the best language of an `Accept-Language`; English if there is none.
    pub(in crate::routes::communications) fn accepted(header: &str) -> &'static Self {
        let mut best: Option<(u16, &'static Self)> = None;
        for part in header.split(',') {
            let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
            let weight = rest.trim().strip_prefix("q=").map_or(Some(1_000), thousandths).unwrap_or(0);
            if let Some(words) = Self::known(tag.trim())
                && best.is_none_or(|(before, _)| weight > before)
                && weight > 0
            {
                best = Some((weight, words));
            }
        }
        best.map_or(&ENGLISH, |(_, words)| words)
    }
}

/// A weight such as `0.8` in thousandths; none if it is no weight.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, fraction) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u16>().ok()?.checked_mul(1_000)?.checked_add(digits.parse().ok()?)
}

static ALL: [Words; 8] = [ENGLISH, RUSSIAN, UKRAINIAN, BELARUSIAN, KAZAKH, GERMAN, FRENCH, SPANISH];

const ENGLISH: Words = Words {
    language: "en",
    unsubscribe: "Unsubscribe",
    question: "Shall we stop sending you messages like this one?",
    topic: "Topic",
    all: "Stop all other messages that come this way, too",
    done: "You will get no more messages like this one.",
    done_all: "You will get no more messages this way.",
    on_the_way: "A message that is on its way already may still arrive.",
    gone: "This link does not work",
    gone_text: "It is incomplete, or too old. Please use the link of a newer message.",
    no_survey: "There is no survey at this address, or not any more.",
    failed: "That did not work",
    failed_text: "Please try again in a moment.",
    send: "Send",
    required: "required",
    thanks: "Thank you! Your answers are stored.",
    wrong: "Nothing was sent: please look at the marked questions.",
    missing: "This needs an answer.",
    not_offered: "Please choose what is offered.",
    too_long: "The answer is too long.",
};

const RUSSIAN: Words = Words {
    language: "ru",
    unsubscribe: "Отписаться",
    question: "Больше не присылать вам такие сообщения?",
    topic: "Тема",
    all: "Не присылать и все остальные сообщения этим способом",
    done: "Таких сообщений больше не будет.",
    done_all: "Сообщений этим способом больше не будет.",
    on_the_way: "Сообщение, которое уже отправлено, ещё может прийти.",
    gone: "Ссылка не работает",
    gone_text: "Она неполная или устарела. Откройте ссылку из более нового сообщения.",
    no_survey: "По этому адресу нет опроса, или он уже закончился.",
    failed: "Не получилось",
    failed_text: "Попробуйте ещё раз чуть позже.",
    send: "Отправить",
    required: "обязательный вопрос",
    thanks: "Спасибо! Ваши ответы сохранены.",
    wrong: "Ничего не отправлено: посмотрите на отмеченные вопросы.",
    missing: "Здесь нужен ответ.",
    not_offered: "Выберите из предложенного.",
    too_long: "Слишком длинный ответ.",
};

const UKRAINIAN: Words = Words {
    language: "uk",
    unsubscribe: "Відписатися",
    question: "Більше не надсилати вам такі повідомлення?",
    topic: "Тема",
    all: "Не надсилати й усі інші повідомлення цим способом",
    done: "Таких повідомлень більше не буде.",
    done_all: "Повідомлень цим способом більше не буде.",
    on_the_way: "Повідомлення, яке вже надіслано, ще може надійти.",
    gone: "Посилання не працює",
    gone_text: "Воно неповне або застаріло. Відкрийте посилання з новішого повідомлення.",
    no_survey: "За цією адресою немає опитування, або воно вже закінчилося.",
    failed: "Не вдалося",
    failed_text: "Спробуйте ще раз трохи пізніше.",
    send: "Надіслати",
    required: "обов’язкове питання",
    thanks: "Дякуємо! Ваші відповіді збережено.",
    wrong: "Нічого не надіслано: перегляньте позначені питання.",
    missing: "Тут потрібна відповідь.",
    not_offered: "Виберіть із запропонованого.",
    too_long: "Відповідь задовга.",
};

const BELARUSIAN: Words = Words {
    language: "be",
    unsubscribe: "Адпісацца",
    question: "Больш не дасылаць вам такія паведамленні?",
    topic: "Тэма",
    all: "Не дасылаць і ўсе іншыя паведамленні гэтым спосабам",
    done: "Такіх паведамленняў больш не будзе.",
    done_all: "Паведамленняў гэтым спосабам больш не будзе.",
    on_the_way: "Паведамленне, якое ўжо адпраўлена, яшчэ можа прыйсці.",
    gone: "Спасылка не працуе",
    gone_text: "Яна няпоўная або састарэла. Адкрыйце спасылку з навейшага паведамлення.",
    no_survey: "Па гэтым адрасе няма апытання, або яно ўжо скончылася.",
    failed: "Не атрымалася",
    failed_text: "Паспрабуйце яшчэ раз крыху пазней.",
    send: "Адправіць",
    required: "абавязковае пытанне",
    thanks: "Дзякуй! Вашы адказы захаваны.",
    wrong: "Нічога не адпраўлена: паглядзіце на пазначаныя пытанні.",
    missing: "Тут патрэбен адказ.",
    not_offered: "Выберыце з прапанаванага.",
    too_long: "Занадта доўгі адказ.",
};

const KAZAKH: Words = Words {
    language: "kk",
    unsubscribe: "Жазылымнан бас тарту",
    question: "Сізге мұндай хабарламаларды енді жібермейік пе?",
    topic: "Тақырып",
    all: "Осы жолмен келетін басқа хабарламаларды да жібермеу",
    done: "Мұндай хабарламалар енді келмейді.",
    done_all: "Осы жолмен хабарламалар енді келмейді.",
    on_the_way: "Жіберіліп қойған хабарлама әлі келуі мүмкін.",
    gone: "Сілтеме жұмыс істемейді",
    gone_text: "Ол толық емес немесе ескірген. Жаңарақ хабарламадағы сілтемені ашыңыз.",
    no_survey: "Бұл мекенжайда сауалнама жоқ немесе ол аяқталған.",
    failed: "Орындалмады",
    failed_text: "Сәл кейінірек қайталап көріңіз.",
    send: "Жіберу",
    required: "міндетті сұрақ",
    thanks: "Рақмет! Жауаптарыңыз сақталды.",
    wrong: "Ештеңе жіберілген жоқ: белгіленген сұрақтарды қараңыз.",
    missing: "Мұнда жауап керек.",
    not_offered: "Ұсынылғандардан таңдаңыз.",
    too_long: "Жауап тым ұзын.",
};

const GERMAN: Words = Words {
    language: "de",
    unsubscribe: "Abmelden",
    question: "Sollen wir Ihnen solche Nachrichten nicht mehr schicken?",
    topic: "Thema",
    all: "Auch alle anderen Nachrichten auf diesem Weg beenden",
    done: "Sie bekommen keine solchen Nachrichten mehr.",
    done_all: "Sie bekommen auf diesem Weg keine Nachrichten mehr.",
    on_the_way: "Eine Nachricht, die schon unterwegs ist, kann noch ankommen.",
    gone: "Dieser Link funktioniert nicht",
    gone_text: "Er ist unvollständig oder zu alt. Bitte nehmen Sie den Link einer neueren Nachricht.",
    no_survey: "Unter dieser Adresse gibt es keine Umfrage, oder nicht mehr.",
    failed: "Das hat nicht geklappt",
    failed_text: "Bitte versuchen Sie es gleich noch einmal.",
    send: "Absenden",
    required: "Pflichtfrage",
    thanks: "Vielen Dank! Ihre Antworten sind gespeichert.",
    wrong: "Es wurde nichts gesendet: Bitte sehen Sie die markierten Fragen an.",
    missing: "Hier fehlt eine Antwort.",
    not_offered: "Bitte wählen Sie aus dem, was angeboten wird.",
    too_long: "Die Antwort ist zu lang.",
};

const FRENCH: Words = Words {
    language: "fr",
    unsubscribe: "Se désabonner",
    question: "Ne plus vous envoyer ce type de messages ?",
    topic: "Sujet",
    all: "Arrêter aussi tous les autres messages envoyés par ce moyen",
    done: "Vous ne recevrez plus ce type de messages.",
    done_all: "Vous ne recevrez plus de messages par ce moyen.",
    on_the_way: "Un message déjà envoyé peut encore arriver.",
    gone: "Ce lien ne fonctionne pas",
    gone_text: "Il est incomplet ou trop ancien. Utilisez le lien d’un message plus récent.",
    no_survey: "Il n’y a pas, ou plus, d’enquête à cette adresse.",
    failed: "Cela n’a pas fonctionné",
    failed_text: "Veuillez réessayer dans un instant.",
    send: "Envoyer",
    required: "question obligatoire",
    thanks: "Merci ! Vos réponses sont enregistrées.",
    wrong: "Rien n’a été envoyé : veuillez revoir les questions signalées.",
    missing: "Une réponse est nécessaire ici.",
    not_offered: "Veuillez choisir parmi les réponses proposées.",
    too_long: "La réponse est trop longue.",
};

const SPANISH: Words = Words {
    language: "es",
    unsubscribe: "Darse de baja",
    question: "¿Quiere dejar de recibir mensajes como este?",
    topic: "Tema",
    all: "Dejar de recibir también todos los demás mensajes por esta vía",
    done: "No recibirá más mensajes como este.",
    done_all: "No recibirá más mensajes por esta vía.",
    on_the_way: "Un mensaje que ya está en camino aún puede llegar.",
    gone: "Este enlace no funciona",
    gone_text: "Está incompleto o es demasiado antiguo. Use el enlace de un mensaje más reciente.",
    no_survey: "No hay ninguna encuesta en esta dirección, o ya no está.",
    failed: "No ha funcionado",
    failed_text: "Inténtelo de nuevo en un momento.",
    send: "Enviar",
    required: "pregunta obligatoria",
    thanks: "¡Gracias! Sus respuestas se han guardado.",
    wrong: "No se ha enviado nada: revise las preguntas marcadas.",
    missing: "Aquí falta una respuesta.",
    not_offered: "Elija entre lo que se ofrece.",
    too_long: "La respuesta es demasiado larga.",
};

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn the_best_language_that_there_is_counts() {
        for (header, expected) in [
            ("", "en"),
            ("*", "en"),
            ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
            ("ja, de;q=0.3, fr;q=0.35", "fr"),
            ("en;q=0.1, KK ; q=0.9", "kk"),
            ("uk;q=0, es;q=0.001", "es"),
            ("de;q=x, be;q=99999", "en"),
        ] {
            assert_eq!(Words::accepted(header).language, expected, "{header}");
        }
        assert_eq!((Words::of("pt-BR").language, Words::of("de_AT").language), ("en", "de"));
    }
}
