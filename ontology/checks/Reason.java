import java.io.File;
import java.util.List;
import org.semanticweb.HermiT.Configuration;
import org.semanticweb.HermiT.Reasoner;
import org.semanticweb.owlapi.apibinding.OWLManager;
import org.semanticweb.owlapi.model.OWLClass;
import org.semanticweb.owlapi.model.OWLObjectPropertyExpression;
import org.semanticweb.owlapi.model.OWLOntology;
import org.semanticweb.owlapi.profiles.OWL2DLProfile;
import org.semanticweb.owlapi.profiles.OWL2RLProfile;
import org.semanticweb.owlapi.profiles.OWLProfile;
import org.semanticweb.owlapi.profiles.OWLProfileViolation;

/** Profiles and satisfiability of the ontology in an RDF/XML file: a line a fault, kind and detail set off by a tab; then "done". */
public final class Reason {
    public static void main(String[] arguments) throws Exception {
        OWLOntology ontology = OWLManager.createOWLOntologyManager().loadOntologyFromOntologyDocument(new File(arguments[0]));
        boolean isDL = true;
        if (arguments.length < 2) {
            for (OWLProfile profile : List.of(new OWL2DLProfile(), new OWL2RLProfile())) {
                String kind = profile instanceof OWL2DLProfile ? "ProfileDL" : "ProfileRL";
                for (OWLProfileViolation violation : profile.checkOntology(ontology).getViolations()) {
                    say(kind, violation.toString());
                    isDL &= !kind.equals("ProfileDL");
                }
            }
        }
        if (isDL) { // HermiT refuses what is beyond OWL 2 DL
            reason(ontology);
        }
        System.out.println("done");
    }

    private static void reason(OWLOntology ontology) {
        Configuration configuration = new Configuration();
        configuration.ignoreUnsupportedDatatypes = true;
        configuration.throwInconsistentOntologyException = false;
        Reasoner reasoner = new Reasoner(configuration, ontology);
        if (!reasoner.isConsistent()) {
            say("Inconsistent", "");
        } else {
            for (OWLClass empty : reasoner.getUnsatisfiableClasses().getEntitiesMinusBottom()) {
                say("UnsatisfiableClass", empty.getIRI().toString());
            }
            for (OWLObjectPropertyExpression empty : reasoner.getBottomObjectPropertyNode().getEntitiesMinusBottom()) {
                if (!empty.isAnonymous()) {
                    say("UnsatisfiableProperty", empty.asOWLObjectProperty().getIRI().toString());
                }
            }
        }
    }

    private static void say(String kind, String detail) {
        System.out.println(kind + "\t" + detail.replaceAll("\\s+", " "));
    }
}
