import com.google.gson.Gson;
import io.appwrite.Client;
import io.appwrite.enums.AuthenticationFactor;
import io.appwrite.enums.AuthenticatorType;
import io.appwrite.exceptions.AppwriteException;
import io.appwrite.models.Session;
import io.appwrite.services.Account;
import io.appwrite.services.Avatars;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlinx.coroutines.BuildersKt;

/** Does the steps of the guide with the SDK for Kotlin, as `tests/sdk/guide.py` asks for them. */
class Driver {
    static final Gson JSON = new Gson();

    static Client team = client().setKey(System.getenv("KEY"));
    static Client caller = team;

    public static void main(String[] arguments) throws Exception {
        var steps = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line; (line = steps.readLine()) != null; ) {
            List<?> step = JSON.fromJson(line, List.class);
            answers.println(JSON.toJson(answer((String) step.get(0), step.subList(1, step.size()))));
        }
        System.exit(0); // the SDK's HTTP client has threads that wait for more
    }

    static Map<String, Object> answer(String step, List<?> values) throws Exception {
        try {
            return Map.of("value", take(step, values));
        } catch (AppwriteException refusal) {
            return Map.of("error", refusal.getType() == null ? refusal.toString() : refusal.getType());
        }
    }

    /** A server that renders pages signs people in with its key, keeps the session and calls with that. */
    static Object take(String step, List<?> values) throws Exception {
        Object result = await(call(step, values));
        switch (step) {
            case "signIn" -> caller = client().setSession(((Session) result).getSecret());
            case "signOut" -> caller = team;
        }
        return result instanceof byte[] picture ? Base64.getEncoder().encodeToString(picture) : result;
    }

    static Call call(String step, List<?> values) {
        var account = new Account(caller);
        return switch (step) {
            case "signUp" -> done -> account.create(text(values, 0), text(values, 1), text(values, 2), text(values, 3), done);
            case "signIn" -> done -> account.createEmailPasswordSession(text(values, 0), text(values, 1), done);
            case "me" -> done -> account.get(done);
            case "createRecoveryCodes" -> done -> account.createMfaRecoveryCodes(done);
            case "sendLink" -> done -> account.createVerification(text(values, 0), done);
            case "verifyEmail" -> done -> account.updateVerification(text(values, 0), text(values, 1), done);
            case "setPhone" -> done -> account.updatePhone(text(values, 0), text(values, 1), done);
            case "sendCode" -> done -> account.createPhoneVerification(done);
            case "verifyPhone" -> done -> account.updatePhoneVerification(text(values, 0), text(values, 1), done);
            case "createAuthenticator" -> done -> account.createMfaAuthenticator(AuthenticatorType.TOTP, done);
            case "picture" -> done -> new Avatars(caller)
                    .getQR(text(values, 0), number(values, 1), number(values, 2), (Boolean) values.get(3), done);
            case "confirmAuthenticator" -> done ->
                    account.updateMfaAuthenticator(AuthenticatorType.TOTP, text(values, 1), done);
            case "switchMfa" -> done -> account.updateMFA((Boolean) values.get(0), done);
            case "signOut" -> done -> account.deleteSession(text(values, 0), done);
            case "listFactors" -> done -> account.listMfaFactors(done);
            case "createChallenge" -> done -> account.createMfaChallenge(factor(text(values, 0)), done);
            case "answerChallenge" -> done -> account.updateMfaChallenge(text(values, 0), text(values, 1), done);
            case "removeAuthenticator" -> done -> account.deleteMfaAuthenticator(AuthenticatorType.TOTP, done);
            default -> throw new IllegalArgumentException(step);
        };
    }

    static AuthenticationFactor factor(String name) {
        return AuthenticationFactor.valueOf(name.toUpperCase());
    }

    static String text(List<?> values, int index) {
        return (String) values.get(index);
    }

    static Long number(List<?> values, int index) {
        return ((Double) values.get(index)).longValue(); // Gson reads every number as a double
    }

    static Client client() {
        return new Client().setEndpoint(System.getenv("ENDPOINT")).setProject(System.getenv("PROJECT"));
    }

    /** A function of Kotlin's that suspends, as Java sees it. */
    interface Call {
        Object with(Continuation<Object> done) throws Exception;
    }

    static Object await(Call call) throws Exception {
        return BuildersKt.runBlocking(EmptyCoroutineContext.INSTANCE, (scope, done) -> {
            try {
                return call.with((Continuation<Object>) done);
            } catch (Exception thrown) {
                throw unchecked(thrown);
            }
        });
    }

    /** Kotlin's functions throw any exception, and declare none. */
    static <E extends Exception> RuntimeException unchecked(Exception thrown) throws E {
        throw (E) thrown;
    }
}
