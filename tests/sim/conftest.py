"""One simulator and one receiver for the session, both emptied before each test."""
import pytest

from sim.world import Receiver, Sim


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    receiver = Receiver()
    sim = Sim(str(tmp_path_factory.mktemp("sim")), receiver)
    try:
        yield sim.start()
        sim.process.stop_clean()
    finally:
        if sim.process.is_running():
            sim.process.kill()
        receiver.close()


@pytest.fixture
def sim(running):
    running.renew()
    return running


@pytest.fixture
def receiver(sim):
    return sim.receiver
