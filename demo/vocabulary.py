"""The platform's own words. A test holds them against policy/sources.yaml."""

from __future__ import annotations

MODULES = ("dashboard", "promote", "monitor", "publish")
SECTORS = (
    "A Agriculture", "B Mining", "C Manufacturing", "D Energy", "E Water and waste", "F Construction", "G Trade",
    "H Transport", "I Accommodation and food", "J Information and communication", "K Finance and insurance",
    "L Real estate", "M Professional and scientific", "N Administrative and support", "O Public administration",
    "P Education", "Q Health and social work", "R Arts and recreation", "S Other services",
)  # fmt: skip
HEADCOUNTS = ("1-9", "10-49", "50-249", "250-999", "1000+")
CHANNELS = ("email", "phone", "chat", "form")
FEEDBACK_KINDS = ("question", "remark", "comment")
COOKIE_KINDS = ("session", "webtour", "csrf", "audience")
CONSENT_PURPOSES = ("needs_and_interests", "audience_measurement")
RIGHTS = (
    "access", "portability", "rectification", "erasure", "restriction", "objection", "consent_withdrawal",
)  # fmt: skip
PERMISSIONS = ("private", "team", "company", "public")
PLANS = ("trial", "paid")

OBJECTS = {
    "publish_content": "content", "create_target": "target", "open_document": "document",
    "download_document": "document", "edit_content": "content", "delete_content": "content",
    "change_permission": "document", "invite_member": "member", "export_report": "report",
    "update_profile": "profile",
}  # fmt: skip
"""Every action, with the type of object it is done to."""

HABITS = {
    "dashboard": {"open_document": 50, "export_report": 25, "update_profile": 15, "invite_member": 10},
    "promote": {"create_target": 40, "edit_content": 30, "publish_content": 20, "delete_content": 10},
    "monitor": {"open_document": 55, "export_report": 35, "download_document": 10},
    "publish": {"edit_content": 40, "publish_content": 25, "open_document": 25, "change_permission": 7, "delete_content": 3},
}
"""How often each action is done in each module, in percent."""

COUNTRIES = {
    "fr_FR": ("FR", 34), "de_DE": ("DE", 14), "de_CH": ("CH", 14), "en_GB": ("GB", 12), "it_IT": ("IT", 10),
    "es_ES": ("ES", 9), "nl_NL": ("NL", 7),
}  # fmt: skip
"""Faker locales with their country and their share of companies in percent."""

USER_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Linux; Android 15; SAMSUNG SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
)
BOTS = ("python-requests/2.32.3", "curl/8.9.1", "Go-http-client/1.1")

FEEDBACK = {
    "fr": (
        "Impossible de me connecter depuis ce matin, le mot de passe est refusé.",
        "La facture du mois dernier comporte deux fois le même abonnement.",
        "Le chargement du tableau de bord est très lent depuis la mise à jour.",
        "Comment publier un contenu pour une seule cible ?",
        "Je ne retrouve plus le document que j'ai téléchargé hier.",
        "Il faudrait pouvoir limiter le partage et les droits d'accès par équipe.",
        "Les statistiques du rapport ne correspondent pas au graphique.",
        "L'interface est plus claire, mais le bouton d'affichage est caché.",
        "Le support a répondu en dix minutes, merci !",
        "L'application mobile se ferme toute seule sur ma tablette.",
        "J'ai reçu un message de hameçonnage qui imite votre page.",
        "Parfait, bravo à toute l'équipe.",
        "Nous serons absents la semaine prochaine.",
    ),
    "en": (
        "I cannot log in, my password is rejected every time.",
        "The invoice shows a price that is not in our subscription.",
        "Loading a page takes ages, the speed has become a problem.",
        "How do I publish a campaign to one target only?",
        "The download of a large document always stops half way.",
        "Please add access rights per team, sharing is all or nothing.",
        "The dashboard chart and the exported report disagree.",
        "Nice new layout, although the menu button is hard to find.",
        "Your help desk solved it within minutes, thank you.",
        "The phone app logs me out on my tablet.",
        "We got a phishing mail that looks like your security notice.",
        "Great product, love it.",
        "We will move to a new office in spring.",
    ),
    "de": (
        "Die Anmeldung klappt nicht, mein Passwort wird nicht angenommen.",
        "Auf der Rechnung steht ein falscher Preis für das Abo.",
        "Die Seite ist seit gestern sehr langsam.",
        "Wie kann ich einen Inhalt nur für eine Zielgruppe veröffentlichen?",
        "Ein Dokument lässt sich nicht herunterladen, die Datei ist leer.",
        "Bitte Berechtigungen je Team, die Freigabe ist zu grob.",
        "Die Statistik in der Übersicht stimmt nicht mit dem Bericht überein.",
        "Die Oberfläche ist schöner, aber das Menü ist schwer zu bedienen.",
        "Der Kundendienst war sehr freundlich, danke.",
        "Auf dem Handy stürzt die Seite ab.",
        "Ist diese Nachricht von Ihnen oder ist das Phishing?",
        "Sehr gut, weiter so.",
        "Wir haben jetzt eine neue Adresse.",
    ),
}
