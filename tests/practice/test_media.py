"""Media files that come with a release: copied once, never over what the site has, and taken away again."""

from __future__ import annotations

from tests.practice.cycle import Cycle
from wizard.operations.apt import packages
from wizard.operations.media import StartingMediaState, starting_media
from wizard.operations.user import user
from wizard.practice.fleet import PracticeServer

RELEASE = """\
mkdir -p /srv/shop/releases/one/media/people /srv/shop/shared
install -d -o shop -g shop /srv/shop/shared/media
cd /srv/shop/releases/one/media
echo default >default.jpg; echo ada >people/ada.jpg; echo newer >'with "quotes" $HOME.txt'; echo dash >-rf
ln -s /etc/passwd link.txt
chown -R root:shop /srv/shop/releases; chmod -R u=rwX,g=rX,o= /srv/shop/releases
ln -sfn releases/one /srv/shop/next
echo mine >'/srv/shop/shared/media/with "quotes" $HOME.txt'
"""


def test_media_of_the_code_is_copied_once_and_never_over_what_is_there(pristine: PracticeServer) -> None:
    cycle = Cycle(pristine)
    cycle.make(packages("ca-certificates"), user("shop", system=True))
    cycle.run(RELEASE)
    media = starting_media("/srv/shop", "media", "/srv/shop/shared/media", site="shop")
    assert cycle.observe(media) == StartingMediaState("missing", ("-rf", "default.jpg", "people/ada.jpg"))

    ground = packages("ca-certificates"), user("shop", system=True)
    assert cycle.make(*ground, media) == 1 and cycle.make(*ground, media) == 0
    listed = "cd /srv/shop/shared/media; find . -mindepth 1 -printf '%P %U %m\\n' | sort"
    shop = cycle.run("id -u shop").strip()
    assert cycle.run(listed).splitlines() == [
        f"-rf {shop} 644", f"default.jpg {shop} 644", f"people {shop} 755", f"people/ada.jpg {shop} 644",
        'with "quotes" $HOME.txt 0 644',
    ]  # fmt: skip
    assert cycle.run("cat /srv/shop/shared/media/with*") == "mine\n"

    cycle.run("echo changed >/srv/shop/shared/media/people/ada.jpg")
    cycle.undo()
    assert cycle.run("cd /srv/shop/shared/media; find . -type f | sort").splitlines() == [
        "./people/ada.jpg", './with "quotes" $HOME.txt',
    ]  # fmt: skip


def test_link_in_a_release_leads_nowhere(pristine: PracticeServer) -> None:
    """The folder itself may be a link to what only root can read."""
    cycle = Cycle(pristine)
    ground = packages("ca-certificates"), user("shop", system=True)
    cycle.make(*ground)
    cycle.run(
        RELEASE + "echo secret >/root/secret; rm -r /srv/shop/releases/one/media; ln -s /root /srv/shop/next/media"
    )
    media = starting_media("/srv/shop", "media", "/srv/shop/shared/media", site="shop")
    assert cycle.observe(media) == StartingMediaState("there")
    cycle.make(*ground, media)
    assert "secret" not in cycle.run("ls /srv/shop/shared/media")
