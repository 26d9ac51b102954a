"""The archives and versions of applications."""

from __future__ import annotations

from typing import Any

from sdk.model.application import Application, ApplicationBinary, ApplicationVersion
from sdk.model.entity import key_of
from sdk.rest import codec, downloads
from sdk.rest.client import CumulocityRestClient
from sdk.rest.files import FileSpec
from sdk.rest.media_types import vendor


class ApplicationFiles:
    """The verbs of applications that concern their files. Applications are given as objects or ids."""

    c8y: CumulocityRestClient

    def _place(self, application: Application | str) -> str:
        return codec.path("application", "applications", key_of(application))

    def upload_attachment(self, application: Application | str, file: FileSpec) -> Application:
        """Upload an archive (POST …/binaries); it is read piece by piece, and becomes the active version.

        Args:
            file: path or open binary file, a zip archive.

        Raises:
            OSError: when there is no such file.
        """
        place = f"{self._place(application)}/binaries"
        found = self.c8y.post_file(place, file, accept=vendor("application"), content_type="application/zip")
        return Application.from_json(found, self.c8y)

    upload_binary = upload_attachment

    def get_binaries(self, application: Application | str) -> list[ApplicationBinary]:
        """The uploaded archives (GET …/binaries)."""
        found = self.c8y.get(f"{self._place(application)}/binaries", accept=vendor("applicationbinaries"))
        return ApplicationBinary._listed(found, "attachments", self.c8y)

    def download_binary(self, application: Application | str, binary_id: str, file: FileSpec) -> int:
        """Receive an archive into a path or an open file, piece by piece (GET …/binaries/{id}).

        Returns:
            Its size in bytes.
        """
        return downloads.save(self.c8y, self._binary(application, binary_id), file)

    def delete_binary(self, application: Application | str, *binary_ids: str) -> None:
        """Delete archives (DELETE …/binaries/{id} each); the active one cannot be."""
        for one in binary_ids:
            self.c8y.delete(self._binary(application, one))

    def _binary(self, application: Application | str, binary_id: str) -> str:
        return f"{self._place(application)}/binaries/{codec.segment(binary_id)}"

    def get_versions(self, application: Application | str) -> list[ApplicationVersion]:
        """All versions (GET …/versions)."""
        found = self.c8y.get(self._versions(application), accept=vendor("applicationVersionCollection"))
        return ApplicationVersion._listed(found, "versions", self.c8y)

    def get_version(
        self, application: Application | str, *, version: str | None = None, tag: str | None = None
    ) -> ApplicationVersion:
        """One version by its number or a tag (GET …/versions?version= or ?tag=).

        Raises:
            ValueError: unless exactly one of the two is given.
        """
        params = _one_of(version, tag)
        found = self.c8y.get(self._versions(application), params=params, accept=vendor("applicationVersion"))
        return ApplicationVersion.from_json(found, self.c8y)

    def create_version(
        self, application: Application | str, file: FileSpec, version: str, *tags: str
    ) -> ApplicationVersion:
        """Upload an archive as a version (POST …/versions); it is read piece by piece.

        Args:
            version: its number, e.g. "1.2.0".
            tags: its tags.
        """
        about: dict[str, Any] = {"version": version, "tags": list(tags)}
        found = self.c8y.post_file(
            self._versions(application),
            file,
            form_data={"applicationVersion": about},
            accept=vendor("applicationVersion"),
            content_type="application/zip",
            part="applicationBinary",
        )
        return ApplicationVersion.from_json(found, self.c8y)

    def set_version_tags(
        self, application: Application | str, version: str, *tags: str
    ) -> ApplicationVersion:
        """Replace the tags of a version (PUT …/versions/{version})."""
        place = f"{self._versions(application)}/{codec.segment(version)}"
        found = self.c8y.put(place, json={"tags": list(tags)}, accept=vendor("applicationVersion"))
        return ApplicationVersion.from_json(found, self.c8y)

    def delete_version(
        self, application: Application | str, *, version: str | None = None, tag: str | None = None
    ) -> None:
        """Delete one version by its number or a tag (DELETE …/versions?version= or ?tag=).

        Raises:
            ValueError: unless exactly one of the two is given.
        """
        self.c8y.delete(self._versions(application), _one_of(version, tag))

    def _versions(self, application: Application | str) -> str:
        return f"{self._place(application)}/versions"


def _one_of(version: str | None, tag: str | None) -> dict[str, str]:
    if bool(version) == bool(tag):
        raise ValueError("A version is told by its number or by a tag.")
    return {"version": version} if version else {"tag": str(tag)}
