"""How the service runs, from the environment: ``GUIZHI_PORT=8080`` sets :attr:`Settings.port`. ``docs/operations.md`` has the table."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self

from limits import parse
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from qa.origins import EVERY
from qa.query import Limits

PREFIX: Final = "GUIZHI_"
_QUERY: Final = Limits()


class SettingsError(ValueError):
    """A setting that cannot be used; the message is one Chinese line that names it."""


class Settings(BaseModel):
    """Settings of the service. Descriptions say what a value should be, in the words of an error."""

    model_config = ConfigDict(frozen=True)

    host: Annotated[str, Field(min_length=1, description="监听的地址")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="端口，0 到 65535 的整数（0：任意空闲端口）")] = 7860
    workers: Annotated[int, Field(ge=1, le=256, description="同时运行的 SPARQL 查询进程数，1 到 256")] = _QUERY.workers
    query_seconds: Annotated[float, Field(gt=0, le=3600, description="一个查询的时限，秒，大于 0，至多 3600")] = _QUERY.seconds
    query_wait: Annotated[float, Field(ge=0, le=60, description="等待空闲查询进程的秒数，0 到 60")] = _QUERY.wait
    query_megabytes: Annotated[int, Field(ge=64, le=1 << 20, description="一个查询在图谱之外可用的内存，MB，至少 64")] = _QUERY.megabytes
    query_rows: Annotated[int, Field(ge=1, description="一个结果的行数上限，至少 1")] = _QUERY.rows
    store: Annotated[str, Field(min_length=1, description="memory、一个存储目录，或者 SPARQL 服务器的查询地址（http:// 或 https://）")] = (
        "memory"
    )
    registers: Annotated[
        str, Field(description="登记资料的文件，用冒号隔开；只在 GUIZHI_STORE=memory 时（放进存储目录或者服务器，请用 guizhi load）")
    ] = ""
    uploads: Annotated[
        str, Field(pattern="^(on|off)?$", description="on：网页上核对过的登记簿都可以放进 SPARQL 查询；off：不可以；空：只供本机的服务可以")
    ] = ""
    store_login: Annotated[str, Field(pattern=r"^([^:\s]+:.+)?$", repr=False, description="SPARQL 服务器的“用户名:口令”")] = ""
    token: Annotated[str, Field(pattern=r"^([!-~]{16,})?$", repr=False, description="程序用的令牌，至少 16 个 ASCII 字符，不含空格")] = ""
    login: Annotated[
        str, Field(pattern=r"^([^:\s]+:.{8,})?$", repr=False, description="网页和表格软件登录用的“用户名:口令”，口令至少 8 个字符")
    ] = ""
    rate: Annotated[str, Field(description="每个客户地址的请求上限，例如 120/minute；空：没有上限")] = ""
    proxies: Annotated[str, Field(description="可信的反向代理的地址，用逗号隔开")] = ""
    origins: Annotated[
        str,
        Field(
            pattern=r"^(\*|off|https?://[^\s/,*]+(\s*,\s*https?://[^\s/,*]+)*)?$",
            description="可以读取 SPARQL 结果的其他网站，例如 https://yasgui.org（用逗号隔开）；*：任何网站；off：没有",
        ),
    ] = ""
    grace: Annotated[int, Field(ge=0, le=600, description="停止时等待进行中的请求的秒数，0 到 600 的整数")] = 10
    log: Annotated[str, Field(pattern="^(debug|info|warning|error)$", description="日志的详细程度：debug、info、warning 或 error")] = "info"
    log_questions: Annotated[bool, Field(description="是否在日志中记下问题的文字，0 或 1")] = False

    @field_validator("rate")
    @classmethod
    def _a_rate(cls, value: str) -> str:
        if value:
            parse(value)
        return value

    @field_validator("proxies")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for part in value.split(",") if value else ():
            ipaddress.ip_network(part.strip())
        return value

    @field_validator("registers")
    @classmethod
    def _beside_memory(cls, value: str, others: ValidationInfo) -> str:
        if value and others.data.get("store", "memory") != "memory":
            raise ValueError("store")
        return value

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, **given: Any) -> Self:
        """The settings in ``environment``, with what is ``given`` (and not ``None``) in their place. Raises :class:`SettingsError`."""
        found = {name: environment[variable(name)] for name in cls.model_fields if environment.get(variable(name))}
        try:
            return cls.model_validate(found | {name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            raise SettingsError(_line(error)) from None  # what was given may be a secret

    @property
    def limits(self) -> Limits:
        """The bounds on a query."""
        return Limits(self.query_seconds, self.query_wait, self.query_megabytes, self.query_rows, self.workers)

    @property
    def readers(self) -> str:
        """Whose web pages may read results, as :class:`qa.origins.Origins` takes it: unless said otherwise everybody's, where the data are the rules alone."""
        if self.origins:
            return self.origins.removeprefix("off")
        return EVERY if self.store == "memory" and not self.registers else ""

    @property
    def register_files(self) -> tuple[Path, ...]:
        """The files that :attr:`registers` names."""
        return tuple(Path(part).expanduser() for part in self.registers.split(os.pathsep) if part)

    @property
    def shares(self) -> bool:
        """Whether visitors may put registers where everybody who reaches the service can query them."""
        alone = not self.exposed and not self.proxies
        return self.store == "memory" and (self.uploads == "on" or (not self.uploads and alone))

    @property
    def exposed(self) -> bool:
        """Whether other machines can reach the service."""
        try:
            return not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host != "localhost"

    @property
    def guarded(self) -> bool:
        """Whether clients have to log in."""
        return bool(self.token or self.login)


def variable(name: str) -> str:
    """The environment variable of the setting ``name``."""
    return PREFIX + name.upper()


def _line(error: ValidationError) -> str:
    names = dict.fromkeys(str(e["loc"][0]) for e in error.errors())
    return "；".join(f"{variable(name)} 不能用：应为{Settings.model_fields[name].description}" for name in names)
