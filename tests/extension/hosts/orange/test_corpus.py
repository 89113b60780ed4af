"""Together with Orange3-Text: a Corpus goes in, and text widgets go on with what comes out."""

import warnings

import orange_support
import pytest
from Orange.data import Table

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    corpora = pytest.importorskip("orangecontrib.text.corpus", reason="Orange3-Text is not installed")
    from orangecontrib.text.widgets.owbagofwords import OWTBagOfWords
    from orangecontrib.text.widgets.owcorpus import OWCorpus

pytestmark = pytest.mark.filterwarnings("ignore")  # its own and those of its libraries


class TestCorpus(orange_support.OperationTest):
    def test_a_corpus_stays_one_and_its_texts_are_found_by_themselves(self) -> None:
        corpus = corpora.Corpus.from_file("book-excerpts")[:5]
        results = self.run_on("CreateEmbeddings", corpus, model="text-embedding-3-small", dimensions=16)
        assert isinstance(results, corpora.Corpus)
        assert results.text_features == corpus.text_features
        assert results.language == corpus.language
        assert results.domain.class_var is corpus.domain.class_var
        assert list(results.documents) == list(corpus.documents)
        assert len(results.domain.attributes) == 16

    def test_words_of_results_are_counted_and_sparse_counts_go_in_again(self) -> None:
        corpus = corpora.Corpus.from_file("book-excerpts")[:3]
        answered = self.run_on("CreateChatCompletion", corpus, prompt="Say it shorter: {Text}", model="gpt-5.2")
        counting = self.create_widget(OWTBagOfWords)
        self.send_signal("Corpus", answered, widget=counting)
        counted = self.get_output("Corpus", widget=counting, wait=30_000)
        assert counted.is_sparse()
        judged = self.run_on("CreateModeration", counted, input="{Text}")
        assert len(judged) == 3
        assert judged.is_sparse()

    def test_answers_about_a_table_become_a_corpus(self) -> None:
        answered = self.run_on(
            "CreateChatCompletion", Table("zoo")[:3], prompt="Describe a {name} with {legs} legs.", model="gpt-5.2"
        )
        made = self.create_widget(OWCorpus)
        self.send_signal("Data", answered, widget=made)
        corpus = self.get_output("Corpus", widget=made, wait=30_000)
        assert "content" in [variable.name for variable in corpus.domain.metas]
        assert len(corpus) == 3
