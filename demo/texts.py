"""What people write: feedback about recognisable topics in three languages, and some about nothing of ours."""

from __future__ import annotations

FEEDBACK = {
    "login": {
        "fr": (
            "Impossible de me connecter depuis {when}, le mot de passe est refusé.",
            "Mon identifiant n'est plus reconnu.",
        ),
        "en": ("I cannot log in since {when}, my password is rejected.", "Sign in fails every second time."),
        "de": (
            "Die Anmeldung klappt seit {when} nicht, mein Passwort wird abgelehnt.",
            "Ich kann mich nicht einloggen.",
        ),
    },
    "billing": {
        "fr": (
            "La facture de {when} comporte deux fois le même abonnement.",
            "Le prix affiché n'est pas celui du paiement.",
        ),
        "en": (
            "The invoice of {when} shows a price that we never agreed to.",
            "When does the refund of our subscription arrive?",
        ),
        "de": (
            "Auf der Rechnung von {when} steht ein falscher Preis.",
            "Die Zahlung für das Abo wurde doppelt gebucht.",
        ),
    },
    "performance": {
        "fr": ("La page est très lente depuis {when}.", "Le temps de réponse est trop long, le chargement dure."),
        "en": ("Loading a page takes ages since {when}.", "Everything is slow, the speed has become a problem."),
        "de": ("Die Seite ist seit {when} sehr langsam.", "Die Ladezeit ist viel zu lang."),
    },
    "publication": {
        "fr": ("Comment publier un contenu pour une seule cible ?", "La campagne de {when} n'a pas été diffusée."),
        "en": ("How do I publish to one target only?", "The campaign of {when} was never published."),
        "de": (
            "Wie kann ich einen Inhalt nur für eine Zielgruppe veröffentlichen?",
            "Die Kampagne von {when} fehlt.",
        ),
    },
    "documents": {
        "fr": ("Je ne retrouve plus le document téléchargé {when}.", "Le fichier en pièce jointe est vide."),
        "en": ("The download of a large document stops half way.", "The file that I added {when} has vanished."),
        "de": ("Ein Dokument lässt sich nicht herunterladen.", "Die Datei von {when} ist leer."),
    },
    "permissions": {
        "fr": ("Il faudrait limiter le partage par équipe.", "Les droits changés {when} ne sont pas appliqués."),
        "en": (
            "Sharing is all or nothing, please add it per team.",
            "The permission that I gave {when} has no effect.",
        ),
        "de": ("Bitte Berechtigungen je Team, die Freigabe ist zu grob.", "Der Zugriff von {when} ist noch offen."),
    },
    "statistics": {
        "fr": ("Les statistiques et le graphique ne correspondent pas.", "L'indicateur de {when} est à zéro."),
        "en": ("The chart and the metric disagree.", "The statistics of {when} are missing."),
        "de": ("Die Statistik stimmt nicht mit der Übersicht überein.", "Die Kennzahl von {when} fehlt."),
    },
    "interface": {
        "fr": ("L'interface est plus claire, mais le bouton est caché.", "Le menu ne s'ouvre plus depuis {when}."),
        "en": ("Nice layout, although the menu button is hard to find.", "The screen is blank since {when}."),
        "de": ("Das Menü ist schwer zu bedienen.", "Die Oberfläche sieht seit {when} anders aus."),
    },
    "support": {
        "fr": ("Votre assistance a répondu en dix minutes.", "J'attends une aide depuis {when}."),
        "en": ("Your help desk solved it within minutes.", "Customer service hasn't answered since {when}."),
        "de": ("Der Kundendienst war sehr freundlich.", "Ich warte seit {when} auf Hilfe."),
    },
    "mobile": {
        "fr": ("Sur ma tablette tout se ferme seul.", "Sur smartphone rien ne marche depuis {when}."),
        "en": ("The phone app closes by itself.", "On a tablet nothing works since {when}."),
        "de": ("Auf dem Handy stürzt die Seite ab.", "Auf dem Smartphone geht seit {when} nichts."),
    },
    "security": {
        "fr": ("J'ai reçu un message de hameçonnage qui vous imite.", "Un virus a été signalé {when}."),
        "en": ("We got a phishing mail that looks like yours.", "A virus warning appeared {when}."),
        "de": ("Ist diese Nachricht Phishing?", "Seit {when} meldet der Browser Schadsoftware."),
    },
    "praise": {
        "fr": ("Parfait, bravo à toute l'équipe.", "Excellent, merci !"),
        "en": ("Great product, love it.", "Excellent work, thank you."),
        "de": ("Sehr gut, weiter so.", "Toll gemacht, danke!"),
    },
    "other": {
        "fr": ("Nous serons absents la semaine prochaine.", "?"),
        "en": ("We will move to a new office in spring.", "..."),
        "de": ("Wir haben bald eine neue Adresse.", "Hallo"),
    },
}  # fmt: skip
"""Topic → language → what is written about it; ``other`` is about nothing that the topics know."""

SHARES = {
    "login": 14, "billing": 10, "performance": 12, "publication": 9, "documents": 9, "permissions": 6, "statistics": 7,
    "interface": 8, "support": 6, "mobile": 5, "security": 3, "praise": 6, "other": 5,
}  # fmt: skip
"""How many of a hundred texts are about each topic."""

RATINGS = {"praise": (4, 5), "support": (2, 5), "interface": (2, 4), "login": (1, 2), "billing": (1, 3)}
"""From the lowest to the highest rating that goes with a topic; 1 to 4 for any other."""

WHEN = {
    "fr": ("hier", "lundi", "ce matin", "la mise à jour", "septembre"),
    "en": ("yesterday", "Monday", "this morning", "the update", "September"),
    "de": ("gestern", "Montag", "heute früh", "dem Update", "September"),
}

CONTACTS = (
    ("Invoice", "{name} from {company} asked why the last invoice differs."),
    ("Accès au compte", "{name} ({email}) a demandé un nouveau mot de passe."),
    ("Rückruf", "Bitte {name} unter {phone} zurückrufen, Büro {city}."),
    ("Training", "{name} would like two more seats for {company}."),
    ("", ""),
)
"""Subject and body of what the support desk writes down; it names people freely."""

LANGUAGE_OF = {"fr_FR": "fr", "de_DE": "de", "de_CH": "de"}
