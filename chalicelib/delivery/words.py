"""The words of every message, per language. A new language is one more of these, and a line at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Notice(NamedTuple):
    """One act of which owners are told: a sentence for the mail, a few words for the SMS, and a subject of its own.

    `advice` and `whole_sms` stand in place of what the other notices say, where there is no password left to reset.
    """

    mail: str
    sms: str
    subject: str = ""
    advice: str = ""
    whole_sms: str = ""


class Words(NamedTuple):
    hello: str
    hello_name: str
    verification_subject: str
    verification: str
    verification_button: str
    verification_code: str
    recovery_subject: str
    recovery: str
    recovery_button: str
    recovery_code: str
    link_hint: str
    verification_note: str
    challenge_subject: str
    challenge: str
    challenge_note: str
    sign_in_code_subject: str
    sign_in_code: str
    code_note: str
    sign_in_link_subject: str
    sign_in_link: str
    sign_in_button: str
    hour: str
    minutes: str
    phrase: str
    sms: str
    notice_subject: str
    notice_when: str
    notice_where: str
    notice_country: str
    notice_device: str
    notice_unknown: str
    notice_advice: str
    notice_sms: str
    notices: Mapping[str, Notice]


_ENGLISH = Words(
    hello="Hello,",
    hello_name="Hello $name,",
    verification_subject="Account Verification for $project",
    verification="Verify your email to activate your $project account.",
    verification_button="Verify email",
    verification_code="Use code $code to verify your email for $project. Expires in $minutes minutes.",
    recovery_subject="Password Reset for $project",
    recovery="Reset your $project password using the link.",
    recovery_button="Reset password",
    recovery_code="Use code $code to reset your $project password. Expires in $minutes minutes.",
    link_hint="If the button does not work, open this address in your browser:",
    verification_note="If you did not ask for this email, you can ignore it.",
    challenge_subject="Verification Code for $project",
    challenge="Use code $code for two-step verification in $project. Expires in $minutes minutes.",
    challenge_note="If this was not you, someone may know your password: change it. Never share this code.",
    sign_in_code_subject="OTP for $project Login",
    sign_in_code="Use OTP $code to sign in to $project. Expires in $minutes minutes.",
    code_note="If you did not ask for this code, you can ignore this email. Never share the code.",
    sign_in_link_subject="$project Login",
    sign_in_link="Sign in to $project with your secure link. Expires in $life.",
    sign_in_button="Sign in",
    hour="1 hour",
    minutes="$minutes minutes",
    phrase="Your security phrase is $phrase. Go on only if you were shown the same one.",
    sms="$code is your verification code. Expires in $minutes minutes. Do not share it with anyone.",
    notice_subject="Security notice for $project",
    notice_when="Time: $time",
    notice_where="Address: $address",
    notice_country="Country: $country",
    notice_device="Device: $device",
    notice_unknown="Unknown",
    notice_advice="If this was you, there is nothing to do. If it was not, reset your password at once, sign out your "
    "other sessions and check the factors of your two-step verification.",
    notice_sms="$what, $time from $address. Not you? Reset your password now.",
    notices={
        "password_changed": Notice(
            "Your $project password was changed.",
            "Password changed",
        ),
        "password_reset": Notice(
            "Your $project password was reset by a link or a code that was mailed to you.",
            "Password reset",
        ),
        "password_reset_first": Notice(
            "Your $project password was reset by a link or a code that was mailed to you. This address had not been "
            "verified, so the phone number, authenticator app, passkeys and recovery codes that were on the account "
            "have been removed and all its sessions ended.",
            "Password reset, old factors removed",
        ),
        "email_changed": Notice(
            "The email address of your $project account was changed.",
            "Email changed",
        ),
        "phone_changed": Notice(
            "The phone number of your $project account was changed.",
            "Phone number changed",
        ),
        "phone_added": Notice(
            "A phone number was verified for your $project account. Verification codes can be sent to it.",
            "Phone number verified",
        ),
        "mailbox_took_over": Notice(
            "Your $project account was opened through this mailbox for the first time. The address had not been "
            "verified, so the password, phone number, authenticator app, passkeys and recovery codes that others may "
            "have put on the account have been removed and all its sessions ended. You can set a password of your own.",
            "First sign-in by email, old password removed",
        ),
        "mfa_on": Notice(
            "Two-step verification was switched on for your $project account.",
            "Two-step verification on",
        ),
        "mfa_on_codes_void": Notice(
            "Two-step verification is on for your $project account. Recovery codes that were made before no longer "
            "work; you can make new ones.",
            "Two-step verification on, old recovery codes void",
        ),
        "mfa_off": Notice(
            "Two-step verification was switched off for your $project account. Signing in takes one step again.",
            "Two-step verification OFF",
        ),
        "authenticator_added": Notice(
            "An authenticator app was added to your $project account.",
            "Authenticator app added",
        ),
        "authenticator_removed": Notice(
            "The authenticator app was removed from your $project account.",
            "Authenticator app removed",
        ),
        "passkey_added": Notice(
            "A passkey was added to your $project account. Whoever has it signs in with it alone.",
            "Passkey added",
        ),
        "passkey_removed": Notice(
            "A passkey was removed from your $project account.",
            "Passkey removed",
        ),
        "codes_made": Notice(
            "New recovery codes were created for your $project account. Older ones no longer work.",
            "New recovery codes made",
        ),
        "code_used": Notice(
            "A recovery code was used to sign in to your $project account. Codes left: $left.",
            "Recovery code used",
        ),
        "guesses_spent": Notice(
            "Somebody who knows your $project password gave too many wrong verification codes. No code is "
            "accepted for a while. Where you are signed in, you stay signed in. Once a day, resetting your password "
            "ends the wait.",
            "Too many wrong codes",
        ),
        "new_device": Notice(
            "New login detected on $project, on a device that we have not seen before.",
            "Sign-in on a new device",
            "Security alert: new session on your $project account",
        ),
        "account_deleted": Notice(
            "Your $project account was deleted, with all that was kept of it.",
            "Account deleted",
            advice="If this was you, there is nothing to do. If it was not, tell the team of $project.",
            whole_sms="$what, $time from $address. Not you? Tell the team.",
        ),
    },
)
_GERMAN = Words(
    hello="Guten Tag,",
    hello_name="Guten Tag $name,",
    verification_subject="Kontobestätigung für $project",
    verification="Bestätigen Sie Ihre E-Mail-Adresse, um Ihr Konto bei $project zu aktivieren.",
    verification_button="E-Mail-Adresse bestätigen",
    verification_code="Bestätigen Sie Ihre E-Mail-Adresse bei $project mit dem Code $code. "
    "Er ist $minutes Minuten gültig.",
    recovery_subject="Passwort zurücksetzen für $project",
    recovery="Setzen Sie Ihr Passwort bei $project über den Link zurück.",
    recovery_button="Passwort zurücksetzen",
    recovery_code="Setzen Sie Ihr Passwort bei $project mit dem Code $code zurück. Er ist $minutes Minuten gültig.",
    link_hint="Falls die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse in Ihrem Browser:",
    verification_note="Wenn Sie diese E-Mail nicht angefordert haben, können Sie sie ignorieren.",
    challenge_subject="Bestätigungscode für $project",
    challenge="Verwenden Sie den Code $code für die Bestätigung in zwei Schritten bei $project. "
    "Er ist $minutes Minuten gültig.",
    challenge_note="Wenn Sie das nicht waren, kennt möglicherweise jemand Ihr Passwort: Ändern Sie es. "
    "Geben Sie diesen Code niemals weiter.",
    sign_in_code_subject="Einmalcode zur Anmeldung bei $project",
    sign_in_code="Melden Sie sich mit dem Einmalcode $code bei $project an. Er ist $minutes Minuten gültig.",
    code_note="Wenn Sie diesen Code nicht angefordert haben, können Sie diese E-Mail ignorieren. "
    "Geben Sie den Code niemals weiter.",
    sign_in_link_subject="Anmeldung bei $project",
    sign_in_link="Melden Sie sich mit Ihrem sicheren Link bei $project an. Er ist $life gültig.",
    sign_in_button="Anmelden",
    hour="1 Stunde",
    minutes="$minutes Minuten",
    phrase="Ihre Sicherheitsphrase lautet $phrase. Fahren Sie nur fort, wenn Ihnen dieselbe angezeigt wurde.",
    sms="$code ist Ihr Bestätigungscode. Er ist $minutes Minuten gültig. Geben Sie ihn niemals weiter.",
    notice_subject="Sicherheitshinweis zu $project",
    notice_when="Zeit: $time",
    notice_where="Adresse: $address",
    notice_country="Land: $country",
    notice_device="Gerät: $device",
    notice_unknown="nicht bekannt",
    notice_advice="Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, setzen Sie sofort Ihr Passwort zurück, "
    "melden Sie Ihre anderen Sitzungen ab und prüfen Sie die Faktoren Ihrer Bestätigung in zwei Schritten.",
    notice_sms="$what, $time von $address. Das waren nicht Sie? Passwort jetzt zurücksetzen.",
    notices={
        "password_changed": Notice(
            "Ihr Passwort bei $project wurde geändert.",
            "Passwort geändert",
        ),
        "password_reset": Notice(
            "Ihr Passwort bei $project wurde über einen Link oder Code zurückgesetzt, der Ihnen per E-Mail zuging.",
            "Passwort zurückgesetzt",
        ),
        "password_reset_first": Notice(
            "Ihr Passwort bei $project wurde über einen Link oder Code zurückgesetzt, der Ihnen per E-Mail zuging. "
            "Diese Adresse war nicht bestätigt. Deshalb wurden Telefonnummer, Authenticator-App, Passkeys und "
            "Wiederherstellungscodes des Kontos entfernt und alle Sitzungen beendet.",
            "Passwort neu, alte Faktoren entfernt",
        ),
        "email_changed": Notice(
            "Die E-Mail-Adresse Ihres Kontos bei $project wurde geändert.",
            "E-Mail geändert",
        ),
        "phone_changed": Notice(
            "Die Telefonnummer Ihres Kontos bei $project wurde geändert.",
            "Nummer geändert",
        ),
        "phone_added": Notice(
            "Für Ihr Konto bei $project wurde eine Telefonnummer bestätigt. Sie kann Bestätigungscodes erhalten.",
            "Nummer bestätigt",
        ),
        "mailbox_took_over": Notice(
            "Ihr Konto bei $project wurde zum ersten Mal über dieses Postfach geöffnet. Die Adresse war nicht "
            "bestätigt. Deshalb wurden Passwort, Telefonnummer, Authenticator-App, Passkeys und "
            "Wiederherstellungscodes, die andere hinterlegt haben können, entfernt und alle Sitzungen beendet. Sie "
            "können ein eigenes Passwort festlegen.",
            "Erste Anmeldung per E-Mail, Passwort weg",
        ),
        "mfa_on": Notice(
            "Die Bestätigung in zwei Schritten wurde für Ihr Konto bei $project eingeschaltet.",
            "Zwei-Schritt-Schutz an",
        ),
        "mfa_on_codes_void": Notice(
            "Die Bestätigung in zwei Schritten ist für Ihr Konto bei $project eingeschaltet. "
            "Wiederherstellungscodes, die zuvor erstellt wurden, gelten nicht mehr; Sie können neue erstellen.",
            "Zwei-Schritt-Schutz an, alte Codes ungültig",
        ),
        "mfa_off": Notice(
            "Die Bestätigung in zwei Schritten wurde für Ihr Konto bei $project ausgeschaltet. Zum "
            "Anmelden genügt wieder ein Schritt.",
            "Zwei-Schritt-Schutz AUS",
        ),
        "authenticator_added": Notice(
            "Eine Authenticator-App wurde Ihrem Konto bei $project hinzugefügt.",
            "Authenticator-App neu",
        ),
        "authenticator_removed": Notice(
            "Die Authenticator-App wurde aus Ihrem Konto bei $project entfernt.",
            "Authenticator-App entfernt",
        ),
        "passkey_added": Notice(
            "Ein Passkey wurde zu Ihrem Konto bei $project hinzugefügt. Wer ihn hat, meldet sich mit ihm allein an.",
            "Passkey hinzugefügt",
        ),
        "passkey_removed": Notice(
            "Ein Passkey wurde aus Ihrem Konto bei $project entfernt.",
            "Passkey entfernt",
        ),
        "codes_made": Notice(
            "Für Ihr Konto bei $project wurden neue Wiederherstellungscodes erstellt. Ältere gelten nicht mehr.",
            "Neue Wiederherstellungscodes erstellt",
        ),
        "code_used": Notice(
            "Mit einem Wiederherstellungscode wurde Ihr Konto bei $project geöffnet. Verbleibende Codes: $left.",
            "Wiederherstellungscode benutzt",
        ),
        "guesses_spent": Notice(
            "Jemand, der Ihr Passwort bei $project kennt, hat zu viele falsche Bestätigungscodes eingegeben. Für "
            "eine Weile wird kein Code angenommen. Wo Sie angemeldet sind, bleiben Sie angemeldet. Einmal am Tag "
            "endet die Wartezeit, wenn Sie Ihr Passwort zurücksetzen.",
            "Zu viele falsche Codes",
        ),
        "new_device": Notice(
            "Neue Anmeldung bei $project erkannt, auf einem Gerät, das wir noch nicht kennen.",
            "Anmeldung auf neuem Gerät",
            "Sicherheitswarnung: neue Sitzung Ihres Kontos bei $project",
        ),
        "account_deleted": Notice(
            "Ihr Konto bei $project wurde gelöscht, mit allem, was darüber gespeichert war.",
            "Konto gelöscht",
            advice="Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, wenden Sie sich an das Team von $project.",
            whole_sms="$what, $time von $address. Das waren nicht Sie? Fragen Sie das Team.",
        ),
    },
)
_FRENCH = Words(
    hello="Bonjour,",
    hello_name="Bonjour $name,",
    verification_subject="Vérification de votre compte $project",
    verification="Confirmez votre adresse e-mail pour activer votre compte $project.",
    verification_button="Confirmer l'adresse e-mail",
    verification_code="Utilisez le code $code pour confirmer votre adresse e-mail sur $project. "
    "Il expire dans $minutes minutes.",
    recovery_subject="Réinitialisation du mot de passe pour $project",
    recovery="Réinitialisez votre mot de passe $project à l'aide du lien.",
    recovery_button="Réinitialiser le mot de passe",
    recovery_code="Utilisez le code $code pour réinitialiser votre mot de passe $project. "
    "Il expire dans $minutes minutes.",
    link_hint="Si le bouton ne fonctionne pas, ouvrez cette adresse dans votre navigateur :",
    verification_note="Si vous n'avez pas demandé cet e-mail, vous pouvez l'ignorer.",
    challenge_subject="Code de vérification pour $project",
    challenge="Utilisez le code $code pour la validation en deux étapes sur $project. Il expire dans $minutes minutes.",
    challenge_note="Si ce n'était pas vous, quelqu'un connaît peut-être votre mot de passe : changez-le. "
    "Ne communiquez jamais ce code.",
    sign_in_code_subject="Code de connexion à $project",
    sign_in_code="Utilisez le code $code pour vous connecter à $project. Il expire dans $minutes minutes.",
    code_note="Si vous n'avez pas demandé ce code, vous pouvez ignorer cet e-mail. Ne communiquez jamais ce code.",
    sign_in_link_subject="Connexion à $project",
    sign_in_link="Connectez-vous à $project avec votre lien sécurisé. Il expire dans $life.",
    sign_in_button="Se connecter",
    hour="1 heure",
    minutes="$minutes minutes",
    phrase="Votre phrase de sécurité est $phrase. Ne continuez que si la même vous a été affichée.",
    sms="$code est votre code de vérification. Il expire dans $minutes minutes. Ne le donnez à personne.",
    notice_subject="Avis de sécurité pour $project",
    notice_when="Date : $time",
    notice_where="Adresse : $address",
    notice_country="Pays : $country",
    notice_device="Appareil : $device",
    notice_unknown="inconnu",
    notice_advice="Si c'était vous, vous n'avez rien à faire. Sinon, réinitialisez tout de suite votre mot de passe, "
    "fermez vos autres sessions et vérifiez les facteurs de votre validation en deux étapes.",
    notice_sms="$what, $time depuis $address. Pas vous ? Changez votre mot de passe.",
    notices={
        "password_changed": Notice(
            "Votre mot de passe $project a été modifié.",
            "Mot de passe modifié",
        ),
        "password_reset": Notice(
            "Votre mot de passe $project a été réinitialisé à l'aide d'un lien ou d'un code envoyé par e-mail.",
            "Mot de passe réinitialisé",
        ),
        "password_reset_first": Notice(
            "Votre mot de passe $project a été réinitialisé à l'aide d'un lien ou d'un code envoyé par e-mail. Cette "
            "adresse n'était pas confirmée : le numéro de téléphone, l'application d'authentification, les clés "
            "d'accès et les codes de récupération du compte ont été retirés, et toutes les sessions fermées.",
            "Nouveau mot de passe, anciens facteurs retirés",
        ),
        "email_changed": Notice(
            "L'adresse e-mail de votre compte $project a été modifiée.",
            "E-mail modifié",
        ),
        "phone_changed": Notice(
            "Le numéro de téléphone de votre compte $project a été modifié.",
            "Numéro modifié",
        ),
        "phone_added": Notice(
            "Un numéro de téléphone a été vérifié pour votre compte $project. Il peut recevoir des codes.",
            "Numéro vérifié",
        ),
        "mailbox_took_over": Notice(
            "Votre compte $project a été ouvert pour la première fois par cette boîte aux lettres. L'adresse n'était "
            "pas confirmée : le mot de passe, le numéro de téléphone, l'application d'authentification, les clés "
            "d'accès et les codes de récupération que d'autres ont pu y mettre ont été retirés, et toutes les sessions "
            "fermées. Vous pouvez choisir votre propre mot de passe.",
            "Accès par e-mail, ancien mot de passe retiré",
        ),
        "mfa_on": Notice(
            "La validation en deux étapes a été activée pour votre compte $project.",
            "Double validation activée",
        ),
        "mfa_on_codes_void": Notice(
            "La validation en deux étapes est activée pour votre compte $project. Les codes de récupération créés "
            "auparavant ne sont plus valables ; vous pouvez en créer de nouveaux.",
            "Double validation activée, anciens codes annulés",
        ),
        "mfa_off": Notice(
            "La validation en deux étapes a été désactivée pour votre compte $project. Une seule étape suffit de "
            "nouveau pour se connecter.",
            "Double validation COUPEE",
        ),
        "authenticator_added": Notice(
            "Une application d'authentification a été ajoutée à votre compte $project.",
            "Application ajoutée",
        ),
        "authenticator_removed": Notice(
            "L'application d'authentification a été retirée de votre compte $project.",
            "Application retirée",
        ),
        "passkey_added": Notice(
            "Une clé d'accès a été ajoutée à votre compte $project. Elle suffit, à elle seule, pour se connecter.",
            "Clé d'accès ajoutée",
        ),
        "passkey_removed": Notice(
            "Une clé d'accès a été retirée de votre compte $project.",
            "Clé d'accès retirée",
        ),
        "codes_made": Notice(
            "De nouveaux codes de récupération ont été créés pour votre compte $project. Les anciens ne "
            "sont plus valables.",
            "Nouveaux codes de secours",
        ),
        "code_used": Notice(
            "Un code de récupération a servi à se connecter à votre compte $project. Codes restants : $left.",
            "Code de secours utilisé",
        ),
        "guesses_spent": Notice(
            "Quelqu'un qui connaît votre mot de passe $project a saisi trop de codes erronés. Aucun code n'est "
            "accepté pour un moment. Là où vous êtes connecté, vous le restez. Une fois par jour, réinitialiser "
            "votre mot de passe met fin à l'attente.",
            "Trop de codes erronés",
        ),
        "new_device": Notice(
            "Nouvelle connexion détectée sur $project, depuis un appareil inconnu jusqu'ici.",
            "Connexion sur un nouvel appareil",
            "Alerte de sécurité : nouvelle session de votre compte $project",
        ),
        "account_deleted": Notice(
            "Votre compte $project a été supprimé, avec tout ce qui en était conservé.",
            "Compte supprimé",
            advice="Si c'était vous, vous n'avez rien à faire. Sinon, adressez-vous à l'équipe de $project.",
            whole_sms="$what, $time depuis $address. Pas vous ? Contactez l'équipe.",
        ),
    },
)
_SPANISH = Words(
    hello="Hola:",
    hello_name="Hola, $name:",
    verification_subject="Verificación de su cuenta de $project",
    verification="Verifique su correo electrónico para activar su cuenta de $project.",
    verification_button="Verificar correo electrónico",
    verification_code="Use el código $code para verificar su correo electrónico en $project. "
    "Caduca en $minutes minutos.",
    recovery_subject="Restablecer la contraseña de $project",
    recovery="Restablezca su contraseña de $project mediante el enlace.",
    recovery_button="Restablecer contraseña",
    recovery_code="Use el código $code para restablecer su contraseña de $project. Caduca en $minutes minutos.",
    link_hint="Si el botón no funciona, abra esta dirección en su navegador:",
    verification_note="Si no ha solicitado este correo, puede ignorarlo.",
    challenge_subject="Código de verificación para $project",
    challenge="Use el código $code para la verificación en dos pasos en $project. Caduca en $minutes minutos.",
    challenge_note="Si no ha sido usted, es posible que alguien conozca su contraseña: cámbiela. "
    "No comparta nunca este código.",
    sign_in_code_subject="Código de acceso a $project",
    sign_in_code="Use el código $code para iniciar sesión en $project. Caduca en $minutes minutos.",
    code_note="Si no ha solicitado este código, puede ignorar este correo. No comparta nunca el código.",
    sign_in_link_subject="Acceso a $project",
    sign_in_link="Inicie sesión en $project con su enlace seguro. Caduca en $life.",
    sign_in_button="Iniciar sesión",
    hour="1 hora",
    minutes="$minutes minutos",
    phrase="Su frase de seguridad es $phrase. Continúe solo si se le ha mostrado la misma.",
    # "código" has a letter outside GSM-7, which would cost a second segment.
    sms="$code es su clave de un solo uso. Caduca en $minutes minutos. No la comparta con nadie.",
    notice_subject="Aviso de seguridad de $project",
    notice_when="Hora: $time",
    notice_where="Dirección: $address",
    notice_country="País: $country",
    notice_device="Dispositivo: $device",
    notice_unknown="desconocido",
    notice_advice="Si ha sido usted, no tiene que hacer nada. Si no, restablezca su contraseña de inmediato, "
    "cierre sus otras sesiones y revise los factores de su verificación en dos pasos.",
    notice_sms="$what, $time desde $address. ¿No fue usted? Cambie su clave ya.",
    notices={
        "password_changed": Notice(
            "Su contraseña de $project ha cambiado.",
            "Clave cambiada",
        ),
        "password_reset": Notice(
            "Su contraseña de $project se ha restablecido mediante un enlace o un código enviado por correo.",
            "Clave restablecida",
        ),
        "password_reset_first": Notice(
            "Su contraseña de $project se ha restablecido mediante un enlace o un código enviado por correo. Esta "
            "dirección no estaba verificada: se han quitado de la cuenta el teléfono, la aplicación de autenticación, "
            "las llaves de acceso y los códigos de recuperación, y se han cerrado todas las sesiones.",
            "Clave nueva, factores anteriores quitados",
        ),
        "email_changed": Notice(
            "La dirección de correo de su cuenta de $project ha cambiado.",
            "Correo cambiado",
        ),
        "phone_changed": Notice(
            "El número de teléfono de su cuenta de $project ha cambiado.",
            "Teléfono cambiado",
        ),
        "phone_added": Notice(
            "Se ha verificado un número de teléfono para su cuenta de $project. Puede recibir códigos.",
            "Teléfono verificado",
        ),
        "mailbox_took_over": Notice(
            "Su cuenta de $project se ha abierto por primera vez desde este buzón. La dirección no estaba verificada: "
            "se han quitado la contraseña, el teléfono, la aplicación de autenticación, las llaves de acceso y los "
            "códigos de recuperación que otros pudieran haber puesto, y se han cerrado todas las sesiones. Puede "
            "elegir una contraseña propia.",
            "Primer acceso por correo, clave anterior quitada",
        ),
        "mfa_on": Notice(
            "Se ha activado la verificación en dos pasos de su cuenta de $project.",
            "Doble paso activado",
        ),
        "mfa_on_codes_void": Notice(
            "La verificación en dos pasos de su cuenta de $project está activada. Los códigos de recuperación creados "
            "antes ya no sirven; puede crear otros nuevos.",
            "Doble paso activado, claves de respaldo anuladas",
        ),
        "mfa_off": Notice(
            "Se ha desactivado la verificación en dos pasos de su cuenta de $project. Para iniciar sesión vuelve a "
            "bastar un paso.",
            "Doble paso DESACTIVADO",
        ),
        "authenticator_added": Notice(
            "Se ha añadido una aplicación de autenticación a su cuenta de $project.",
            "App de acceso agregada",
        ),
        "authenticator_removed": Notice(
            "Se ha quitado la aplicación de autenticación de su cuenta de $project.",
            "App de acceso quitada",
        ),
        "passkey_added": Notice(
            "Se ha añadido una llave de acceso a su cuenta de $project. Con ella sola se puede iniciar sesión.",
            "Llave de acceso añadida",
        ),
        "passkey_removed": Notice(
            "Se ha quitado una llave de acceso de su cuenta de $project.",
            "Llave de acceso quitada",
        ),
        "codes_made": Notice(
            "Se han creado nuevos códigos de recuperación para su cuenta de $project. Los anteriores ya no sirven.",
            "Nuevas claves de respaldo",
        ),
        "code_used": Notice(
            "Se ha usado un código de recuperación para entrar en su cuenta de $project. Códigos restantes: $left.",
            "Clave de respaldo usada",
        ),
        "guesses_spent": Notice(
            "Alguien que conoce su contraseña de $project ha introducido demasiados códigos erróneos. Durante un "
            "tiempo no se acepta ningún código. Donde tiene la sesión iniciada, la conserva. Una vez al día, si "
            "restablece su contraseña, la espera termina.",
            "Demasiadas claves fallidas",
        ),
        "new_device": Notice(
            "Se ha detectado un nuevo inicio de sesión en $project, desde un dispositivo nuevo.",
            "Acceso desde un equipo nuevo",
            "Alerta de seguridad: nueva sesión de su cuenta de $project",
        ),
        "account_deleted": Notice(
            "Su cuenta de $project se ha eliminado, con todo lo que se guardaba de ella.",
            "Cuenta eliminada",
            advice="Si ha sido usted, no tiene que hacer nada. Si no, avise al equipo de $project.",
            whole_sms="$what, $time desde $address. ¿No fue usted? Avise al equipo.",
        ),
    },
)
LANGUAGES = {
    "en": _ENGLISH,
    "de": _GERMAN,
    "fr": _FRENCH,
    "es": _SPANISH,
}
